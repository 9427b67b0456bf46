import type { Logger } from 'service-kit/logging';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Clock } from 'service-kit/service';
import { later } from '../catalog/calendar/time.ts';
import type { ClaimMetrics } from './claim-metrics.ts';
import { isRevoking, type Claim, type Waiting } from './claim.ts';
import { rewardRevokeRequested } from './revoke-messages.ts';
import { rewardCancelled } from './claim-messages.ts';
import type { ClaimStore } from './claim-store.ts';

/** A claim that waits for so long after its deadline is flagged. */
const STUCK_AFTER_MS = 60_000;
const BATCH = 200;

/**
 * Decides the next step for a due claim that waits for the ledger: ask again at the deadline and each `deadlineMs`
 * after, and flag it a minute later. The outcome is never guessed, because only the ledger decides.
 */
export function nextWaiting(
  waiting: Waiting,
  now: Date,
  deadlineMs: number,
): { ask: boolean; waiting: Waiting } {
  const { deadline } = waiting;
  const ask = waiting.cancelAt <= now;
  const cancelAt = ask ? later(now, deadlineMs) : waiting.cancelAt;
  const stuckAt = later(deadline, STUCK_AFTER_MS);
  const stuckSince = waiting.stuckSince ?? (stuckAt <= now ? now : undefined);
  const lookAt = stuckSince || cancelAt < stuckAt ? cancelAt : stuckAt;
  return { ask, waiting: { deadline, cancelAt, lookAt, ...(stuckSince && { stuckSince }) } };
}

export interface SweepClaimsDeps {
  claims: ClaimStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  deadlineMs: number;
  logger: Logger;
  metrics: ClaimMetrics;
}

/** Looks after claims that wait for the ledger. Instances that meet at a claim conflict, and the second finds it looked after. */
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
      const overdue = looked.flatMap(({ claim, ask }) => (ask ? [claim] : []));
      tx.emit(...overdue.map(questionAbout));
      const stuck = looked.filter(({ claim, waiting }) => waiting.stuckSince && !claim.waiting?.stuckSince);
      tx.afterCommit(() => {
        const revoking = overdue.filter(isRevoking).length;
        metrics.revokesRequested.inc({ cause: 'repeated' }, revoking);
        metrics.cancellations.inc({ reason: 'deadline_passed' }, overdue.length - revoking);
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

/** If the ledger has not answered, a revoke is requested again, and a claim is cancelled. */
const questionAbout = (claim: Claim): OutgoingMessage =>
  isRevoking(claim) ? rewardRevokeRequested(claim) : rewardCancelled(claim, 'deadline_passed');
