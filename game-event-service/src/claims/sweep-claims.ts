import type { Logger } from 'service-kit/logging';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import { later, type Clock } from '../time.ts';
import type { ServiceMetrics } from '../metrics.ts';
import { rewardCancelled } from './claim-messages.ts';
import type { ClaimStore } from './claim-store.ts';
import type { Waiting } from './claim.ts';

/** A claim that is pending for so long after its deadline is flagged. */
const STUCK_AFTER_MS = 60_000;
const BATCH = 200;

/**
 * What is to be done with a pending claim whose time has come: ask for its cancellation, at the deadline and again
 * each `deadlineMs`, and flag it a minute after. Its outcome is never guessed: only the ledger decides.
 */
export function nextWaiting(
  waiting: Waiting,
  now: Date,
  deadlineMs: number,
): { cancel: boolean; waiting: Waiting } {
  const { deadline } = waiting;
  const cancel = waiting.cancelAt <= now;
  const cancelAt = cancel ? later(now, deadlineMs) : waiting.cancelAt;
  const stuckAt = later(deadline, STUCK_AFTER_MS);
  const stuckSince = waiting.stuckSince ?? (stuckAt <= now ? now : undefined);
  const lookAt = stuckSince || cancelAt < stuckAt ? cancelAt : stuckAt;
  return { cancel, waiting: { deadline, cancelAt, lookAt, ...(stuckSince && { stuckSince }) } };
}

export interface SweepClaimsDeps {
  claims: ClaimStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  deadlineMs: number;
  logger: Logger;
  metrics: ServiceMetrics;
}

/** Looks after pending claims. Instances that meet at a claim conflict, and the second finds it looked after. */
export function sweepClaims(deps: SweepClaimsDeps): () => Promise<void> {
  const { claims, transact, clock, deadlineMs, logger, metrics } = deps;

  const sweepBatch = (): Promise<number> =>
    transact(async (tx) => {
      const now = clock();
      const due = await claims.findDue(now, BATCH, tx.session);
      const looked = due.flatMap((claim) =>
        claim.waiting ? [{ claim, ...nextWaiting(claim.waiting, now, deadlineMs) }] : [],
      );
      if (looked.length === 0) return 0;
      await claims.saveWaiting(
        looked.map(({ claim, waiting }) => ({ id: claim.id, waiting })),
        tx.session,
      );
      const cancelled = looked.filter(({ cancel }) => cancel);
      tx.emit(...cancelled.map(({ claim }) => rewardCancelled(claim, 'deadline_passed')));
      const stuck = looked.filter(({ claim, waiting }) => waiting.stuckSince && !claim.waiting?.stuckSince);
      tx.afterCommit(() => {
        if (cancelled.length > 0) metrics.cancellations.inc({ reason: 'deadline_passed' }, cancelled.length);
        for (const { claim } of stuck) {
          logger.error('A claim is stuck: nobody decides about it', {
            claimId: claim.id,
            grantId: claim.grantId,
            deadline: claim.waiting?.deadline,
          });
        }
      });
      return due.length;
    });

  return async () => {
    while ((await sweepBatch()) === BATCH);
  };
}
