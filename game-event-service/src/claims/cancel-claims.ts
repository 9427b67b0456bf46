import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import type { Account } from '../participation/accounts/account.ts';
import type { ClaimMetrics } from './claim-metrics.ts';
import { rewardCancelled, type CancelReason } from './claim-messages.ts';
import type { ClaimStore } from './claim-store.ts';

export type CancelClaimsOf = (
  accounts: readonly Pick<Account, 'id' | 'status'>[],
  tx: Transaction<OutgoingMessage>,
) => Promise<void>;

/** How many claims are read and asked about in one transaction. */
const NEWEST = 1_000;

/**
 * Asks the ledger to cancel the pending claims of banned and deleted accounts. It reads only the newest claims, because
 * a player can make any number. An older pending claim is refused by the ledger itself, which knew of the ban before,
 * or cancelled at its deadline.
 */
export function cancelClaimsOf(deps: { claims: ClaimStore; metrics: ClaimMetrics }): CancelClaimsOf {
  const { claims, metrics } = deps;
  return async (accounts, tx) => {
    const reasons = new Map<string, CancelReason>(
      accounts.map(({ id, status }) => [id, status === 'deleted' ? 'account_deleted' : 'account_banned']),
    );
    const pending = await claims.pendingAmongNewest([...reasons.keys()], NEWEST, tx.session);
    const cancelled = pending.map((claim) => ({
      claim,
      reason: reasons.get(claim.accountId) ?? ('account_banned' as const),
    }));
    tx.emit(...cancelled.map(({ claim, reason }) => rewardCancelled(claim, reason)));
    tx.afterCommit(() => {
      for (const { reason } of cancelled) metrics.cancellations.inc({ reason });
    });
  };
}
