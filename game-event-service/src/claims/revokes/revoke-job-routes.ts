import { callerOf } from 'service-kit/audit';
import {
  contentTag,
  defineEndpoint,
  DomainError,
  type Endpoint,
  EtagHeader,
  reply,
  Time,
} from 'service-kit/http';
import { z } from 'zod';
import { ClaimResponse, toClaimResponse } from '../claim-schema.ts';
import { EventId } from '../../catalog/events/event-schema.ts';
import { RewardId } from '../../catalog/rewards/reward-schema.ts';
import type { BulkRevokes } from './bulk-revokes.ts';
import { REVOKE_JOB_STATES, stateOf, type RevokeJob, type RevokeResults } from './revoke-job.ts';
import type { RevokeJobStore } from './revoke-job-store.ts';
import { RevokeReason } from './revoke-routes.ts';

export interface RevokeJobRoutesDeps {
  bulkRevokes: BulkRevokes;
  revokeJobs: Pick<RevokeJobStore, 'find'>;
  /** Most claims that a job revokes in a second. */
  revokeRate: number;
}

const JobId = z.string().min(1).max(128).meta({ example: 'rvj_4Hs8yKd2Wq0uVxPz6BnLeA' });

const Filter = z
  .strictObject({
    eventId: EventId.optional(),
    rewardId: RewardId.optional(),
    accountId: z.string().min(1).max(128).optional(),
    from: Time.optional().meta({ description: 'Created at this time or later' }),
    to: Time.optional().meta({ description: 'Created before this time' }),
  })
  .refine(({ eventId, accountId }) => eventId !== undefined || accountId !== undefined, {
    message: 'must name an event or an account',
  });

const JobInput = z.strictObject({
  filter: Filter.meta({ description: 'Filter for granted claims; a claim must match every given field' }),
  reason: RevokeReason,
  preview: z.boolean().default(false).meta({ description: 'true: only show the effect, revoke nothing' }),
});

const JobResponse = z
  .object({
    id: JobId,
    state: z
      .enum(REVOKE_JOB_STATES)
      .meta({ description: 'done: every revoke was requested, and the ledger has decided about each' }),
    filter: z.object({
      eventId: z.string().optional(),
      rewardId: z.string().optional(),
      accountId: z.string().optional(),
      from: z.iso.datetime().optional(),
      to: z.iso.datetime().optional(),
    }),
    reason: z.string(),
    createdBy: z.string(),
    createdAt: z.iso.datetime(),
    matched: z.int().min(0).meta({ description: 'Claims that matched the filter when the job began' }),
    requested: z.int().min(0).meta({
      description:
        'Revokes requested so far; at the end all claims except those that others have revoked meanwhile',
    }),
    revoked: z.int().min(0),
    refused: z
      .int()
      .min(0)
      .meta({ description: 'Claims whose revoke was refused; see their `revokeRefused`' }),
    rate: z.int().meta({ description: 'Revokes per second, at most' }),
  })
  .meta({ id: 'RevokeJob' });

const PreviewResponse = z
  .object({
    count: z.int().min(0).meta({ description: 'Claims that the job would revoke now' }),
    sample: z.array(ClaimResponse).meta({ description: 'Up to ten of these claims, the newest' }),
  })
  .meta({ id: 'RevokePreview' });

const located = z.object({ location: z.string().meta({ description: 'Where the progress can be read' }) });
const NONE: RevokeResults = { revoked: 0, refused: 0 };

export function revokeJobRoutes(deps: RevokeJobRoutesDeps): Endpoint[] {
  return [createRoute(deps), readRoute(deps)];
}

const createRoute = ({ bulkRevokes, revokeRate }: RevokeJobRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'POST',
    path: '/v1/claims/revoke-jobs',
    operationId: 'createRevokeJob',
    summary: 'Revoke many claims',
    description:
      'Each claim that matches now is revoked in the same way as a single claim, batch by batch. Claims that are made or granted later are not revoked. A preview returns the number of matching claims and some examples, and stores nothing.',
    tag: 'claims',
    access: { roles: ['OPERATOR'] },
    idempotencyKey: 'optional',
    request: { body: JobInput },
    responses: {
      202: { description: 'The job, which has begun', body: JobResponse, headers: located },
      200: { description: 'The preview', body: PreviewResponse },
    },
    problems: ['service_unavailable'],
    handle: async (input) => {
      const { idempotencyId } = input;
      const { filter, reason, preview } = input.body;
      const by = callerOf(input);
      if (preview) {
        const { count, sample } = await bulkRevokes.preview(filter);
        return reply(200, { count, sample: sample.map((claim) => toClaimResponse(claim, by.id)) });
      }
      const job = await bulkRevokes.create({ filter, reason, by, idempotencyId });
      const location = `/v1/claims/revoke-jobs/${job.id}`;
      return reply(202, toJobResponse(job, NONE, revokeRate), { location });
    },
  });

const readRoute = ({ revokeJobs, revokeRate }: RevokeJobRoutesDeps): Endpoint =>
  defineEndpoint({
    method: 'GET',
    path: '/v1/claims/revoke-jobs/{jobId}',
    operationId: 'readRevokeJob',
    summary: 'Read the progress of a revoke job',
    tag: 'claims',
    conditional: 'read',
    access: { roles: ['OPERATOR', 'AUDITOR'] },
    request: { params: z.object({ jobId: JobId }) },
    responses: { 200: { description: 'Its progress', body: JobResponse, headers: EtagHeader } },
    problems: ['not_found'],
    handle: async ({ params: { jobId } }) => {
      const found = await revokeJobs.find(jobId);
      if (!found) throw new DomainError('not_found', 'There is no such job');
      const body = toJobResponse(found.job, found.results, revokeRate);
      return reply(200, body, { etag: contentTag(body) });
    },
  });

function toJobResponse(job: RevokeJob, results: RevokeResults, rate: number): z.output<typeof JobResponse> {
  const { id, filter, reason, by, createdAt, matched, requested } = job;
  const { from, to, ...named } = filter;
  return {
    id,
    state: stateOf(job, results),
    filter: {
      ...named,
      ...(from && { from: from.toISOString() }),
      ...(to && { to: to.toISOString() }),
    },
    reason,
    createdBy: by,
    createdAt: createdAt.toISOString(),
    matched,
    requested,
    ...results,
    rate,
  };
}
