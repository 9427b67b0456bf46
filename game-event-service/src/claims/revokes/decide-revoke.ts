import { waitingUntil, type Claim, type RevokingClaim } from '../claim.ts';
import { refuse, type Refusal } from '../../http/refusal.ts';
import { later } from '../../catalog/calendar/time.ts';
import { revocationIdOf, type Revocation } from '../revocation.ts';

/** That something is to be taken back, and why. */
export type RevokeOrder = Pick<Revocation, 'reason' | 'by' | 'jobId'>;

export type RevokeDecision = { revoking: RevokingClaim } | { known: Claim } | Refusal;

/**
 * Decides what becomes of a claim that is to be revoked. One that is being revoked, or was, stays as it is: what is
 * taken back once is taken back for ever. After a refusal by the ledger it is a new attempt.
 *
 * @param deadlineMs how long the ledger may take before it is asked again
 */
export function decideRevoke(
  claim: Claim,
  order: RevokeOrder,
  { now, deadlineMs }: { now: Date; deadlineMs: number },
): RevokeDecision {
  if (claim.status === 'revoking' || claim.status === 'revoked') return { known: claim };
  if (claim.status !== 'granted') {
    return refuse('claim_not_granted', `Nothing can be taken back: the claim is ${claim.status}`);
  }
  const attempt = (claim.revocation?.attempt ?? 0) + 1;
  const { reason, by, jobId } = order;
  const revocation = {
    id: revocationIdOf(claim.grantId, attempt),
    attempt,
    reason,
    by,
    ...(jobId !== undefined && { jobId }),
    requestedAt: now,
  };
  return {
    revoking: { ...claim, status: 'revoking', revocation, waiting: waitingUntil(later(now, deadlineMs)) },
  };
}
