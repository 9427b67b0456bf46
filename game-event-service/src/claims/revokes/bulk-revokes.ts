import { randomBytes } from 'node:crypto';
import type { Caller } from 'service-kit/audit';
import type { OutgoingMessage } from 'service-kit/messaging';
import { isDuplicateKey, type Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import type { ClaimStore } from '../claim-store.ts';
import type { Claim } from '../claim.ts';
import type { Clock } from 'service-kit/service';
import type { RevocableClaims } from './revocable-claims.ts';
import type { RevokeFilter, RevokeJob } from './revoke-job.ts';
import type { RevokeJobStore } from './revoke-job-store.ts';

export interface RevokeJobOrder {
  filter: RevokeFilter;
  reason: string;
  by: Caller;
  /** The same when the request is repeated; see {@link EndpointInput.idempotencyId}. */
  idempotencyId: string | undefined;
}

export interface RevokePreview {
  /** The number of claims that the job would revoke. */
  count: number;
  /** Those that would be first. */
  sample: Claim[];
}

export interface BulkRevokes {
  /** Begins a job; another process, or this one, does what is to be done. */
  create(order: RevokeJobOrder): Promise<RevokeJob>;
  /** Says what a job would do, and stores nothing. */
  preview(filter: RevokeFilter): Promise<RevokePreview>;
}

const SAMPLE = 10;

export function createBulkRevokes(deps: {
  claims: Pick<ClaimStore, 'findAll'>;
  revocable: RevocableClaims;
  revokeJobs: RevokeJobStore;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  clock: Clock;
}): BulkRevokes {
  const { claims, revocable, revokeJobs, transact, audited, clock } = deps;
  return {
    create: async ({ filter, reason, by, idempotencyId }) => {
      const createdAt = clock();
      const matched = await revocable.count(filter, createdAt);
      const id = `rvj_${(idempotencyId ?? randomBytes(16).toString('base64url')).slice(0, 22)}`;
      const order = { id, filter, reason, by: by.id, createdAt };
      const job = { ...order, matched, requested: 0, steps: 0, nextAt: createdAt };
      const { eventId, accountId } = filter;
      const details = { jobId: id, ...filter, matched };
      try {
        return await audited(
          { action: 'create-revoke-job', by, eventId, accountId, reason, details },
          (done) =>
            transact(async (tx) => {
              await revokeJobs.insert(job, tx.session);
              await done(tx);
              return job;
            }),
        );
      } catch (error) {
        // A process that died after this step left the job, and not its answer.
        const made = isDuplicateKey(error) ? await revokeJobs.find(id) : undefined;
        if (made) return made.job;
        throw error;
      }
    },
    preview: async (filter) => {
      const now = clock();
      const ids = (await revocable.positions({ filter, began: now }, SAMPLE)).map(({ id }) => id);
      const found = await claims.findAll(ids);
      return {
        count: await revocable.count(filter, now),
        sample: ids.flatMap((id) => found.get(id) ?? []),
      };
    },
  };
}
