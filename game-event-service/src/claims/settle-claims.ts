import type { ClientSession } from 'mongodb';
import type { Logger } from 'service-kit/logging';
import type { IncomingMessage, OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import { type Clock, unique } from 'service-kit/service';
import type { ClaimMetrics } from './claim-metrics.ts';
import type { StockStore } from '../catalog/rewards/stock-store.ts';
import type { StatsStore } from './stats-store.ts';
import { tallyTransitions } from './tally-transitions.ts';
import type { CapStore } from './cap-store.ts';
import { claimIdOfFirst } from './claim.ts';
import type { RewardResult } from './claim-messages.ts';
import type { ClaimAttemptStore } from './claim-attempt-store.ts';
import type { ClaimStore } from './claim-store.ts';
import { decideSettlements, type RevokeSettlement, type Settlement } from './decide-settlements.ts';

export type SettleClaims = (
  messages: readonly IncomingMessage<RewardResult>[],
  tx: Transaction<OutgoingMessage>,
) => Promise<void>;

export interface SettleClaimsDeps {
  claims: ClaimStore;
  stock: StockStore;
  caps: CapStore;
  stats: StatsStore;
  attempts: Pick<ClaimAttemptStore, 'settleAll'>;
  /** Adds what was decided to the results of the jobs that asked for it. */
  countRevokes: (revokes: readonly RevokeSettlement[], session: ClientSession) => Promise<void>;
  /** Notifies the requests that wait for these claims, here and on other instances. */
  announce: (settled: readonly Settlement[], completedAt: Date) => void;
  clock: Clock;
  logger: Logger;
  metrics: ClaimMetrics;
}

/** Settles the claims and revokes that a batch of results is about, and frees the stock and caps of claims refused. */
export function settleClaims(deps: SettleClaimsDeps): SettleClaims {
  const { claims, stock, caps, stats, attempts, countRevokes, announce, clock, logger, metrics } = deps;
  return async (messages, tx) => {
    const { session } = tx;
    const ids = unique(messages.map(({ data }) => data.claimId));
    const found = await claims.findUnsettled(ids, session);
    const outcome = decideSettlements(messages, found);
    const { settled, revokes, granted, released, returned, uncounted, ignored } = outcome;
    const completedAt = clock();
    if (settled.length > 0) await claims.settleAll(settled, completedAt, session);
    const triedAgain = settled.filter(({ grantId }) => claimIdOfFirst(grantId) === undefined);
    if (triedAgain.length > 0) await attempts.settleAll(triedAgain, session);
    if (revokes.length > 0) await claims.settleRevokes(revokes, completedAt, session);
    await countRevokes(revokes, session);
    if (granted.size > 0) await stock.countGrants(granted, session);
    if (released.size > 0) await stock.giveBack(released, returned, session);
    if (uncounted.size > 0) await caps.addAll(uncounted, -1, session);
    const transitions = [...settled, ...revokes].flatMap(({ claimId, status: to }) => {
      const claim = found.get(claimId);
      return claim ? [{ eventId: claim.eventId, from: claim.status, to }] : [];
    });
    await stats.add(tallyTransitions(new Map(), transitions), session);

    tx.afterCommit(() => {
      announce(settled, completedAt);
      for (const { status } of settled) metrics.claimsSettled.inc({ outcome: status });
      for (const { status } of revokes)
        metrics.claimsSettled.inc({ outcome: status === 'revoked' ? status : 'revoke_refused' });
      for (const { type, data } of ignored) {
        const { claimId, grantId } = data;
        if (found.has(claimId)) logger.debug('A result was known already', { type, claimId, grantId });
        else logger.warn('A result is about a claim that is not here', { type, claimId, grantId });
      }
    });
  };
}
