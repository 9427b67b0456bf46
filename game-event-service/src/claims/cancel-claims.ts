import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import type { Account } from '../accounts/account.ts';
import type { ServiceMetrics } from '../metrics.ts';
import { rewardCancelled, type CancelReason } from './claim-messages.ts';
import type { ClaimStore } from './claim-store.ts';

export type CancelClaimsOf = (
  accounts: readonly Pick<Account, 'id' | 'status'>[],
  tx: Transaction<OutgoingMessage>,
) => Promise<void>;

/** Asks for the cancellation of what banned and deleted accounts have pending; the ledger's answer settles it. */
export function cancelClaimsOf(deps: { claims: ClaimStore; metrics: ServiceMetrics }): CancelClaimsOf {
  const { claims, metrics } = deps;
  return async (accounts, tx) => {
    const reasons = new Map<string, CancelReason>(
      accounts.map(({ id, status }) => [id, status === 'deleted' ? 'account_deleted' : 'account_banned']),
    );
    const pending = await claims.pendingOf([...reasons.keys()], tx.session);
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
