import { isRefusal, type Refusal } from '../http/refusal.ts';
import { CLAIM_STATUSES, grantIdOf, type Claim, type ClaimStatus } from './claim.ts';
import type { ClaimRequest, ClaimTarget } from './resolve-claim.ts';
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

/** The state of an attempt whose claim is in this state. */
const STATUS_BY_CLAIM: Record<ClaimStatus, AttemptStatus> = {
  pending: 'pending',
  granted: 'granted',
  rejected: 'refused',
  revoking: 'granted',
  revoked: 'granted',
};

/** The states of a claim whose attempt has become this. */
export const claimStatusesOf = (status: AttemptStatus): ClaimStatus[] =>
  CLAIM_STATUSES.filter((each) => STATUS_BY_CLAIM[each] === status);

/**
 * The attempts to store for a request. A new claim shows its first attempt itself, so nothing is stored for it: that
 * saves the most frequent write. The first attempt is stored when the claim is tried again.
 *
 * @param before existing claims by id
 * @param newId for attempts that the ledger never gets
 */
export function attemptsToKeep(
  request: ClaimRequest,
  target: ClaimTarget | Refusal | undefined,
  decision: Decision,
  { before, now, newId }: { before: ReadonlyMap<string, Claim>; now: Date; newId: () => string },
): ClaimAttempt[] {
  const { accountId, eventId } = request;
  const rewardId = target && !isRefusal(target) ? target.reward.id : request.rewardId;
  const about = { accountId, eventId, ...(rewardId !== undefined && { rewardId }), createdAt: now };
  if (isRefusal(decision)) return [{ ...about, id: newId(), status: 'refused', reason: decision.code }];
  if ('known' in decision) return [{ ...about, id: newId(), claimId: decision.known.id, status: 'repeated' }];
  if (decision.isNew) return [];
  const { grantId, id: claimId } = decision.accepted;
  const rejected = before.get(claimId);
  return [
    ...(rejected?.attempt === 1 ? [firstAttemptOf(rejected)] : []),
    { ...about, id: grantId, claimId, status: 'pending' },
  ];
}

/** The attempt that a claim shows itself. The claim must not have been tried again. */
export function firstAttemptOf(
  claim: Pick<Claim, 'id' | 'accountId' | 'eventId' | 'rewardId' | 'status' | 'reason' | 'createdAt'>,
): ClaimAttempt {
  const { id, accountId, eventId, rewardId, status, reason, createdAt } = claim;
  return {
    id: grantIdOf(id, 1),
    accountId,
    eventId,
    rewardId,
    claimId: id,
    status: STATUS_BY_CLAIM[status],
    ...(reason !== undefined && { reason }),
    createdAt,
  };
}
