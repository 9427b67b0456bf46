import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  contentTag,
  defineEndpoint,
  DomainError,
  EtagHeader,
  listQuery,
  pageReply,
  pageSchema,
  Problem,
  readPage,
  reply,
  Time,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import { isStaff } from '../http/is-staff.ts';
import { EventId } from '../catalog/events/event-schema.ts';
import { ExplanationResponse } from '../catalog/conditions/explanation-schema.ts';
import { mayRead, ownerOf } from './claim-access.ts';
import { ClaimId, ClaimInput, ClaimResponse, toClaimResponse } from './claim-schema.ts';
import type { ClaimStore } from './claim-store.ts';
import { LONGEST_WAIT_S, waitOf } from './claim-wait.ts';
import { CLAIM_STATUSES, REFUSAL_REASONS } from './claim.ts';
import type { SubmitClaim } from './submit-claim.ts';

export interface ClaimRoutesDeps {
  submitClaim: SubmitClaim;
  claims: Pick<ClaimStore, 'find' | 'history'>;
  audit: Pick<Audit, 'seen'>;
  /** How long a claim waits for its outcome where the client does not say, in milliseconds. */
  waitMs: number;
}

const tag = 'claims';
const PROBLEM_TYPE = 'application/problem+json';
const located = z.object({ location: z.string().meta({ description: 'Where the claim can be read' }) });

/** The codes of a 409, among them the ledger's reasons, which may have another status where they come up earlier. */
const Conflict = Problem.extend({
  status: z.literal(409),
  code: z.enum([
    'event_not_active',
    'cap_reached',
    'out_of_stock',
    ...REFUSAL_REASONS,
    'idempotency_in_progress',
  ]),
}).meta({ id: undefined });

/** Says what is missing. */
const Unmet = Problem.extend({
  status: z.literal(422),
  code: z.enum(['conditions_not_met', 'idempotency_key_reused']),
  conditions: ExplanationResponse.optional().meta({ description: 'Only for `conditions_not_met`' }),
}).meta({ id: undefined });

export function claimRoutes(deps: ClaimRoutesDeps): Endpoint[] {
  return [submitRoute(deps), historyRoute(deps), readRoute(deps)];
}

const submitRoute = ({ submitClaim, waitMs }: ClaimRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/events/{eventId}/claims',
    operationId: 'submitClaim',
    summary: 'Claim a reward',
    description: `Players only; staff get 403 \`staff_cannot_claim\`. The answer comes once the claim is decided, or is 202 if that takes longer than \`Prefer: wait=N\` (0 to ${LONGEST_WAIT_S} seconds) or the default. Without a key a repeated call returns the current state of the claim; with the same \`Idempotency-Key\` it returns the first answer.`,
    tag,
    // Staff may call, to be told why they cannot claim.
    access: { roles: ['USER', 'OPERATOR', 'AUDITOR'] },
    idempotencyKey: 'optional',
    request: {
      params: z.object({ eventId: EventId }),
      headers: z.object({ prefer: z.string().optional() }),
      body: ClaimInput,
    },
    responses: {
      201: { description: 'Granted', body: ClaimResponse, headers: located },
      202: { description: 'Accepted, and not decided yet', body: ClaimResponse, headers: located },
      200: {
        description: 'Already granted earlier (it may have been revoked since)',
        body: ClaimResponse,
        headers: located,
      },
      409: {
        description: 'The claim or the ledger refused: `code` says why',
        contentType: PROBLEM_TYPE,
        body: Conflict,
      },
      422: {
        description: '`conditions_not_met`, `idempotency_key_reused`',
        contentType: PROBLEM_TYPE,
        body: Unmet,
      },
    },
    problems: ['not_found', 'account_banned', 'staff_cannot_claim', 'reward_required', 'service_unavailable'],
    handle: async ({
      params: { eventId },
      body: { rewardId },
      headers: { prefer },
      identity,
      context,
      request,
    }) => {
      const wait = waitOf(prefer, waitMs);
      const { claim, wasThere } = await submitClaim({
        eventId,
        rewardId,
        accountId: identity.userId,
        isStaff: isStaff(identity),
        traceparent: context.traceparent,
        waitMs: wait.ms,
        signal: context.signal,
      });
      const headers = { location: `/v1/claims/${claim.id}`, 'preference-applied': wait.applied };
      if (claim.status === 'pending') return reply(202, toClaimResponse(claim, identity.userId), headers);
      if (claim.status !== 'rejected')
        return reply(wasThere ? 200 : 201, toClaimResponse(claim, identity.userId), headers);
      const code = claim.reason ?? 'cancelled';
      const problem = {
        type: `urn:laurel:problem:${code}`,
        title: 'The claim was refused',
        status: 409 as const,
        detail: `The ledger refused the claim: ${code}`,
        instance: request.path,
        code,
        requestId: context.requestId,
        claimId: claim.id,
      };
      return reply(409, problem, {
        ...headers,
        'content-type': PROBLEM_TYPE,
        'cache-control': 'no-store',
      });
    },
  });

const historyRoute = ({ claims, audit }: ClaimRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/claims',
    operationId: 'listClaims',
    summary: 'List the claims of an account, newest first',
    description:
      'Players get their own claims; OPERATOR, AUDITOR and clients with the scope claims:read get those of the account in `accountId`.',
    tag,
    access: 'anyone-authenticated',
    request: {
      query: z.object({
        ...listQuery,
        accountId: z.string().min(1).max(128).optional(),
        status: z.enum(CLAIM_STATUSES).optional(),
        eventId: EventId.optional(),
        from: Time.optional().meta({ description: 'Created at this time or later' }),
        to: Time.optional().meta({ description: 'Created before this time' }),
      }),
    },
    responses: { 200: { description: 'A page of claims', body: pageSchema(ClaimResponse) } },
    problems: ['forbidden', 'invalid_cursor'],
    handle: async (input) => {
      const { query, identity, request } = input;
      const { limit: _limit, cursor: _cursor, accountId: asked, ...rest } = query;
      const filters = { ...rest, accountId: ownerOf(identity, asked) };
      const { items, nextCursor } = await readPage(query, {
        ...byCreation,
        filters,
        read: (after, limit) => claims.history({ ...filters, after, limit }),
      });
      // Staff who search the claims of others are recorded. A client is a program and searches all the time.
      const { accountId } = filters;
      if (isStaff(identity) && accountId !== identity.userId)
        await audit.seen({ action: 'search-claims', by: callerOf(input), accountId, details: rest });
      return pageReply(request.originalUrl, {
        items: items.map((claim) => toClaimResponse(claim, identity.userId)),
        nextCursor,
      });
    },
  });

const readRoute = ({ claims }: ClaimRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/claims/{claimId}',
    operationId: 'readClaim',
    summary: 'Read a claim',
    tag,
    access: 'anyone-authenticated',
    conditional: 'read',
    request: { params: z.object({ claimId: ClaimId }) },
    responses: { 200: { description: 'The claim', body: ClaimResponse, headers: EtagHeader } },
    problems: ['not_found'],
    handle: async ({ params: { claimId }, identity }) => {
      const claim = await claims.find(claimId);
      if (!claim || !mayRead(identity, claim.accountId))
        throw new DomainError('not_found', 'There is no such claim');
      const body = toClaimResponse(claim, identity.userId);
      return reply(200, body, { etag: contentTag(body) });
    },
  });
