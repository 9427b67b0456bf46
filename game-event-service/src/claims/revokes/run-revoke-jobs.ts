import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { ClaimStore } from '../claim-store.ts';
import type { Clock } from 'service-kit/service';
import { later } from '../../catalog/calendar/time.ts';
import { requestRevokes, type RequestRevokesDeps } from './request-revokes.ts';
import { decideRevoke } from './decide-revoke.ts';
import type { RevocableClaims } from './revocable-claims.ts';
import type { RevokingClaim } from '../claim.ts';
import { isRevocableSince, type RevokeJob } from './revoke-job.ts';
import type { RevokeJobStore } from './revoke-job-store.ts';

export interface RunRevokeJobsDeps extends RequestRevokesDeps {
  revocable: RevocableClaims;
  revokeJobs: RevokeJobStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  /** Most claims that a job revokes in a second. */
  rate: number;
  deadlineMs: number;
}

const JOBS_AT_ONCE = 20;

/**
 * Makes the next step of every job that is due. Any instance may make it, and after a crash any other: claims,
 * messages and how far the job has come are written together, and of two that make the same step one is too late.
 */
export function runRevokeJobs(deps: RunRevokeJobsDeps): () => Promise<void> {
  const { claims, revocable, revokeJobs, transact, clock, rate, deadlineMs } = deps;
  // Twice a second, so that nobody waits long behind a batch.
  const batch = Math.ceil(rate / 2);

  async function revocableAmong(
    ids: readonly string[],
    { reason, by, id: jobId, createdAt }: RevokeJob,
    session: Parameters<ClaimStore['revokeAll']>[1],
  ): Promise<RevokingClaim[]> {
    const found = await claims.findAll(ids, session);
    const now = clock();
    return [...found.values()].flatMap((claim) => {
      if (!isRevocableSince(claim, createdAt)) return [];
      const decision = decideRevoke(claim, { reason, by, jobId }, { now, deadlineMs });
      return 'revoking' in decision ? [decision.revoking] : [];
    });
  }

  async function step(job: RevokeJob): Promise<void> {
    const { filter, createdAt: began, position: after } = job;
    const positions = await revocable.positions({ filter, began, after }, batch);
    const ids = positions.map(({ id }) => id);
    await transact(async (tx) => {
      const revoking = await revocableAmong(ids, job, tx.session);
      const next = nextStep(job, { positions, isLast: positions.length < batch, requested: revoking.length });
      if (!(await revokeJobs.advance(next, tx.session)) || revoking.length === 0) return;
      await requestRevokes(revoking, { cause: 'job' }, tx, deps);
    });
  }

  function nextStep(
    job: RevokeJob,
    made: { positions: RevokeJob['position'][]; isLast: boolean; requested: number },
  ): RevokeJob {
    const position = made.positions.at(-1) ?? job.position;
    const nextAt = made.isLast ? undefined : later(clock(), (made.requested / rate) * 1_000);
    const requested = job.requested + made.requested;
    return { ...job, position, requested, steps: job.steps + 1, nextAt };
  }

  return async () => {
    for (const job of await revokeJobs.findDue(clock(), JOBS_AT_ONCE)) await step(job);
  };
}
