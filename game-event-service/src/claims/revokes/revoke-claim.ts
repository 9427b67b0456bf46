import type { Caller } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import type { Claim } from '../claim.ts';
import { orThrow } from '../../http/refusal.ts';
import type { Clock } from 'service-kit/service';
import { requestRevokes, type RequestRevokesDeps } from './request-revokes.ts';
import { decideRevoke } from './decide-revoke.ts';

export interface RevokeClaimRequest {
  claimId: string;
  reason: string;
  by: Caller;
}

/** @returns the claim, which is being revoked or was revoked before */
export type RevokeClaim = (request: RevokeClaimRequest) => Promise<Claim>;

export interface RevokeClaimDeps extends RequestRevokesDeps {
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  clock: Clock;
  deadlineMs: number;
}

/** Asks for a granted reward back; two who do so at once conflict, and the second finds it asked for. */
export function revokeClaim(deps: RevokeClaimDeps): RevokeClaim {
  const { claims, transact, audited, clock, deadlineMs } = deps;
  return ({ claimId, reason, by }) =>
    audited({ action: 'revoke-claim', by, reason, details: { claimId } }, (done) =>
      transact(async (tx) => {
        const claim = (await claims.findAll([claimId], tx.session)).get(claimId);
        if (!claim) throw new DomainError('not_found', 'There is no such claim');
        const decision = orThrow(decideRevoke(claim, { reason, by: by.id }, { now: clock(), deadlineMs }));
        if ('known' in decision) return decision.known;
        const { revoking } = decision;
        const { accountId, eventId } = revoking;
        await requestRevokes([revoking], { cause: 'operator', traceparent: by.origin.traceparent }, tx, deps);
        await done(tx, { subject: { kind: 'account', id: accountId }, details: { eventId } });
        return revoking;
      }),
    );
}
