import { createHash } from 'node:crypto';
import type { Revocation } from './revocation.ts';
import type { RewardPayload } from '../catalog/rewards/kinds/reward-kind-spec.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';

export const CLAIM_STATUSES = ['pending', 'granted', 'rejected', 'revoking', 'revoked'] as const;
export type ClaimStatus = (typeof CLAIM_STATUSES)[number];

/** Why the ledger refused a claim. */
export const REFUSAL_REASONS = ['account_banned', 'account_deleted', 'account_unknown', 'cancelled'] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** The next step for a claim that is pending or being revoked. The field goes when the ledger has decided. */
export interface Waiting {
  /** When the ledger is first asked again: to cancel it, or once more to revoke it. */
  deadline: Date;
  /** When the ledger is asked again next. */
  cancelAt: Date;
  /** When the sweeper has something to do with it next. */
  lookAt: Date;
  /** Since when it is flagged as stuck. */
  stuckSince?: Date;
}

export const waitingUntil = (deadline: Date): Waiting => ({ deadline, cancelAt: deadline, lookAt: deadline });

export interface Claim {
  id: string;
  eventId: string;
  /** Version of the event that it was judged by. */
  eventVersion: number;
  rewardId: string;
  accountId: string;
  period: string;
  status: ClaimStatus;
  /** 1 at first, one more each time it is tried again after a refusal. */
  attempt: number;
  grantId: string;
  /** As it was when the claim was accepted. */
  reward: Pick<RewardRules, 'kind' | 'asset' | 'quantity'>;
  /** Of the unit that it has taken, until the ledger refuses it. Only the owner may see it. */
  payload?: RewardPayload;
  /** Ids of the cap counters in which this attempt is counted. */
  caps: readonly string[];
  /** Only while it is pending or being revoked. */
  waiting?: Waiting;
  /** Only when it was rejected. */
  reason?: RefusalReason;
  /** Only when it was granted. */
  ledgerEntryId?: string;
  /** The last attempt to take it back. */
  revocation?: Revocation;
  createdAt: Date;
  /** When it became granted or rejected. */
  completedAt?: Date;
}

export type RevokingClaim = Claim & { revocation: Revocation };

export const isRevoking = (claim: Claim): claim is RevokingClaim =>
  claim.status === 'revoking' && claim.revocation !== undefined;

/** The one id that a claim of this reward, by this account, in this period can have, for ever. */
export function claimIdOf(eventId: string, rewardId: string, accountId: string, period: string): string {
  const key = JSON.stringify([eventId, rewardId, accountId, period]);
  return `clm_${createHash('sha256').update(key).digest('base64url').slice(0, 22)}`;
}

/** Names one attempt: the ledger makes one decision about it and no other. */
export const grantIdOf = (claimId: string, attempt: number): string => `${claimId}.${attempt}`;

/** @returns the claim's id, where the grant id names its first attempt */
export function claimIdOfFirst(grantId: string): string | undefined {
  const [claimId = '', attempt] = grantId.split('.');
  return attempt === '1' ? claimId : undefined;
}
