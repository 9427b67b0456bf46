import { callerOf } from 'service-kit/audit';
import {
  byCreation,
  defineEndpoint,
  DomainError,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  Time,
  type Endpoint,
} from 'service-kit/http';
import type { Identity } from 'service-kit/identity';
import { z } from 'zod';
import type { Audit } from '../../audit/audit.ts';
import { isStaff } from '../../http/is-staff.ts';
import { EventId } from '../../catalog/events/event-schema.ts';
import { ATTEMPT_STATUSES, type ClaimAttempt } from '../../claims/claim-attempt.ts';
import type { ListAttempts } from './list-attempts.ts';

export const ClaimAttemptResponse = z
  .object({
    id: z.string(),
    accountId: z.string(),
    eventId: z.string(),
    rewardId: z.string().optional().meta({ description: 'The reward of the attempt, if it is known' }),
    claimId: z
      .string()
      .optional()
      .meta({ description: 'If the attempt was accepted, or the claim already existed' }),
    status: z.enum(ATTEMPT_STATUSES).meta({ description: 'repeated: the claim already existed' }),
    reason: z.string().optional().meta({ description: 'Why it was refused', example: 'out_of_stock' }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'ClaimAttempt' });

export function claimAttemptRoutes({
  listAttempts,
  audit,
}: {
  listAttempts: ListAttempts;
  audit: Pick<Audit, 'seen'>;
}): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/claim-attempts',
      operationId: 'listClaimAttempts',
      summary: 'List claim attempts and their outcome, newest first',
      description:
        'Players get their own attempts; OPERATOR and AUDITOR those of all accounts, or of one (`accountId`).',
      tag: 'claims',
      access: 'signed-in',
      request: {
        query: z.object({
          ...listQuery,
          accountId: z.string().min(1).max(128).optional(),
          status: z.enum(ATTEMPT_STATUSES).optional(),
          eventId: EventId.optional(),
          from: Time.optional().meta({ description: 'Created at this time or later' }),
          to: Time.optional().meta({ description: 'Created before this time' }),
        }),
      },
      responses: { 200: { description: 'A page of attempts', body: pageSchema(ClaimAttemptResponse) } },
      problems: ['invalid_cursor'],
      handle: async (input) => {
        const { query, identity, request } = input;
        const { limit: _limit, cursor: _cursor, accountId: asked, ...rest } = query;
        const accountId = accountOf(identity, asked);
        const filters = { ...rest, accountId };
        const { items, nextCursor } = await readPage(query, {
          ...byCreation,
          filters,
          read: (after, limit) => listAttempts({ ...filters, after, limit }),
        });
        if (isStaff(identity) && accountId !== identity.userId) {
          await audit.seen({
            action: 'search-claim-attempts',
            by: callerOf(input),
            accountId,
            details: rest,
          });
        }
        return pageReply(request.originalUrl, { items: items.map(toResponse), nextCursor });
      },
    }),
  ];
}

/** @returns whose attempts are to be listed; undefined for everybody's */
function accountOf(identity: Identity, asked: string | undefined): string | undefined {
  if (isStaff(identity)) return asked;
  if (asked === undefined || asked === identity.userId) return identity.userId;
  throw new DomainError('forbidden', 'Your role does not allow this');
}

const toResponse = ({ createdAt, ...attempt }: ClaimAttempt) => ({
  ...attempt,
  createdAt: createdAt.toISOString(),
});
