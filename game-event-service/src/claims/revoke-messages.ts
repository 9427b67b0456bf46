import type { OutgoingMessage } from 'service-kit/messaging';
import { REWARDS } from '../messaging/exchanges.ts';
import type { RevokingClaim } from './claim.ts';

/** Asks the ledger to take back what a claim was granted; sent again, it names the same attempt. */
export function rewardRevokeRequested(
  { id: claimId, grantId, accountId, revocation }: RevokingClaim,
  traceparent?: string,
): OutgoingMessage {
  const { id: revokeId, reason, by: actorId } = revocation;
  return {
    type: 'laurel.reward.revoke-requested.v1',
    exchange: REWARDS,
    routingKey: 'reward.revoke-requested',
    subject: claimId,
    data: { claimId, grantId, revokeId, accountId, reason, actorId },
    ...(traceparent !== undefined && { traceparent }),
  };
}
