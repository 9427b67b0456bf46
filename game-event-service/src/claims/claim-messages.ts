import type { OutgoingMessage } from 'service-kit/messaging';
import { z } from 'zod';
import { REVOKE_REFUSALS } from './revocation.ts';
import { REWARDS } from '../messaging/exchanges.ts';
import { REFUSAL_REASONS, type Claim } from './claim.ts';

const Id = z.string().min(1);

/** What this service needs of the ledger's decisions. */
export const RewardResult = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('laurel.reward.granted.v1'),
    data: z.object({ claimId: Id, grantId: Id, ledgerEntryId: Id }),
  }),
  z.object({
    type: z.literal('laurel.reward.refused.v1'),
    data: z.object({ claimId: Id, grantId: Id, code: z.enum(REFUSAL_REASONS) }),
  }),
  z.object({
    type: z.literal('laurel.reward.revoked.v1'),
    data: z.object({ claimId: Id, grantId: Id, revokeId: Id.optional(), ledgerEntryId: Id }),
  }),
  z.object({
    type: z.literal('laurel.reward.revoke-refused.v1'),
    data: z.object({ claimId: Id, grantId: Id, revokeId: Id.optional(), code: z.enum(REVOKE_REFUSALS) }),
  }),
]);
export type RewardResult = z.output<typeof RewardResult>;

/** Asks the ledger for the reward of a claim. */
export function rewardRequested(claim: Claim, deadline: Date, traceparent?: string): OutgoingMessage {
  const { id: claimId, grantId, accountId, eventId, eventVersion, rewardId, period, reward } = claim;
  return {
    type: 'laurel.reward.requested.v1',
    exchange: REWARDS,
    routingKey: 'reward.requested',
    subject: claimId,
    data: {
      claimId,
      grantId,
      accountId,
      eventId,
      eventVersion,
      rewardId,
      period,
      reward,
      deadline: deadline.toISOString(),
    },
    ...(traceparent !== undefined && { traceparent }),
  };
}

export type CancelReason = 'deadline_passed' | 'account_banned' | 'account_deleted';

/** Asks the ledger not to grant a claim any more. The ledger answers with the decision that it has made. */
export function rewardCancelled(
  { id, grantId, accountId }: Pick<Claim, 'id' | 'grantId' | 'accountId'>,
  reason: CancelReason,
): OutgoingMessage {
  return {
    type: 'laurel.reward.cancelled.v1',
    exchange: REWARDS,
    routingKey: 'reward.cancelled',
    subject: id,
    data: { claimId: id, grantId, accountId, reason },
  };
}
