import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import type { ClaimStore } from '../claims/claim-store.ts';
import type { Claim } from '../claims/claim.ts';
import type { ServiceMetrics } from '../metrics.ts';
import { orThrow } from '../refusal.ts';
import type { StatsStore } from '../stats/stats-store.ts';
import { tallyTransitions } from '../stats/tally.ts';
import type { Clock } from '../time.ts';
import { decideRevoke } from './decide-revoke.ts';
import { rewardRevokeRequested } from './revoke-messages.ts';

export interface RevokeClaimRequest {
  claimId: string;
  reason: string;
  by: Caller;
}

/** @returns the claim, which is being revoked or was revoked before */
export type RevokeClaim = (request: RevokeClaimRequest) => Promise<Claim>;

export interface RevokeClaimDeps {
  claims: ClaimStore;
  stats: Pick<StatsStore, 'add'>;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  clock: Clock;
  deadlineMs: number;
  metrics: Pick<ServiceMetrics, 'revokesRequested'>;
}

/** Asks for a granted reward back; two who do so at once conflict, and the second finds it asked for. */
export function revokeClaim(deps: RevokeClaimDeps): RevokeClaim {
  const { claims, stats, transact, audited, clock, deadlineMs, metrics } = deps;
  return ({ claimId, reason, by }) =>
    audited({ action: 'revoke-claim', by, reason, details: { claimId } }, (done) =>
      transact(async (tx) => {
        const claim = (await claims.findAll([claimId], tx.session)).get(claimId);
        if (!claim) throw new DomainError('not_found', 'There is no such claim');
        const decision = orThrow(decideRevoke(claim, { reason, by: by.id }, { now: clock(), deadlineMs }));
        if ('known' in decision) return decision.known;
        const { revoking } = decision;
        await claims.revokeAll([revoking], tx.session);
        const { accountId, eventId, status: to } = revoking;
        await stats.add(tallyTransitions(new Map(), [{ eventId, from: claim.status, to }]), tx.session);
        tx.emit(rewardRevokeRequested(revoking, by.origin.traceparent));
        tx.afterCommit(() => metrics.revokesRequested.inc({ cause: 'operator' }));
        await done(tx, { subject: { kind: 'account', id: accountId }, details: { eventId } });
        return revoking;
      }),
    );
}
