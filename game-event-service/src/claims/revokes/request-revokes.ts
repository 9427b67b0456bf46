import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import type { ClaimStore } from '../claim-store.ts';
import type { ClaimMetrics } from '../claim-metrics.ts';
import type { StatsStore } from '../stats-store.ts';
import { tallyTransitions } from '../tally-transitions.ts';
import type { RevokingClaim } from '../claim.ts';
import { rewardRevokeRequested } from '../revoke-messages.ts';

export interface RequestRevokesDeps {
  claims: ClaimStore;
  stats: Pick<StatsStore, 'add'>;
  metrics: Pick<ClaimMetrics, 'revokesRequested'>;
}

/** Stores that granted claims are being revoked, and asks the ledger, in one transaction. */
export async function requestRevokes(
  revoking: readonly RevokingClaim[],
  { cause, traceparent }: { cause: 'operator' | 'job'; traceparent?: string | undefined },
  tx: Transaction<OutgoingMessage>,
  { claims, stats, metrics }: RequestRevokesDeps,
): Promise<void> {
  await claims.revokeAll(revoking, tx.session);
  const transitions = revoking.map(({ eventId, status: to }) => ({ eventId, from: 'granted' as const, to }));
  await stats.add(tallyTransitions(new Map(), transitions), tx.session);
  tx.emit(...revoking.map((claim) => rewardRevokeRequested(claim, traceparent)));
  tx.afterCommit(() => metrics.revokesRequested.inc({ cause }, revoking.length));
}
