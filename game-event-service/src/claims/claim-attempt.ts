import { isRefusal, type Refusal } from '../refusal.ts';
import type { ClaimRequest, Target } from './claim-target.ts';
import type { Decision } from './decide-claims.ts';

/**
 * What became of a request for a claim: `pending` until the ledger grants or refuses it, `refused` at once, or
 * `repeated` where the claim was there already.
 */
export const ATTEMPT_STATUSES = ['pending', 'granted', 'refused', 'repeated'] as const;
export type AttemptStatus = (typeof ATTEMPT_STATUSES)[number];

/** One request for a claim. */
export interface ClaimAttempt {
  /** The grant id, of one that was accepted. */
  id: string;
  accountId: string;
  eventId: string;
  /** As far as it was said or could be told. */
  rewardId?: string;
  /** Of one that was accepted or repeated. */
  claimId?: string;
  status: AttemptStatus;
  /** Why it was refused: a code, of this service or the ledger. */
  reason?: string;
  createdAt: Date;
}

/** @param newId for those that the ledger will never hear of */
export function attemptOf(
  request: ClaimRequest,
  target: Target | Refusal | undefined,
  decision: Decision,
  { now, newId }: { now: Date; newId: () => string },
): ClaimAttempt {
  const { accountId, eventId } = request;
  const rewardId = target && !isRefusal(target) ? target.reward.id : request.rewardId;
  const about = { accountId, eventId, ...(rewardId !== undefined && { rewardId }), createdAt: now };
  if (isRefusal(decision)) return { ...about, id: newId(), status: 'refused', reason: decision.code };
  if ('known' in decision) return { ...about, id: newId(), claimId: decision.known.id, status: 'repeated' };
  const { grantId, id: claimId } = decision.accepted;
  return { ...about, id: grantId, claimId, status: 'pending' };
}
