import type { IncomingMessage, OutgoingMessage } from 'service-kit/messaging';
import { z } from 'zod';
import { REWARDS } from '../messaging/exchanges.ts';
import type { GrantDecision, GrantQuestion, RevokeDecision } from './grant.ts';
import { assetKinds } from './ledger.ts';

const id = z.string().min(1).max(128);
const Claim = z.object({ claimId: id, grantId: id, accountId: id });

/** The parts of the messages in its queue that this service needs. */
export const RewardMessage = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('laurel.reward.requested.v1'),
    data: Claim.extend({
      reward: z.object({
        kind: z.enum(assetKinds),
        asset: z.string().min(1).max(128),
        quantity: z.int().min(1),
      }),
    }),
  }),
  z.object({ type: z.literal('laurel.reward.cancelled.v1'), data: Claim }),
  z.object({
    type: z.literal('laurel.reward.revoke-requested.v1'),
    data: Claim.extend({ revokeId: id.optional(), reason: z.string().min(1).max(500) }),
  }),
]);
export type RewardMessage = z.infer<typeof RewardMessage>;

export function questionIn({
  id: messageId,
  type,
  data,
  traceparent,
}: IncomingMessage<RewardMessage>): GrantQuestion {
  const { claimId, grantId, accountId } = data;
  const about = { messageId, claimId, grantId, accountId, traceparent };
  if (type === 'laurel.reward.requested.v1') return { ...about, asks: 'grant', reward: data.reward };
  if (type === 'laurel.reward.cancelled.v1') return { ...about, asks: 'cancel' };
  return { ...about, asks: 'revoke', revokeId: data.revokeId, reason: data.reason };
}

export function answerWith(
  decision: GrantDecision | RevokeDecision,
  traceparent: string | undefined,
): OutgoingMessage {
  const { claimId, grantId, accountId, outcome } = decision;
  return {
    type: `laurel.reward.${outcome}.v1`,
    exchange: REWARDS,
    routingKey: `reward.${outcome}`,
    subject: claimId,
    data: { claimId, grantId, accountId, ...resultOf(decision) },
    ...(traceparent !== undefined && { traceparent }),
  };
}

function resultOf(decision: GrantDecision | RevokeDecision): object {
  const attempt = 'revokeId' in decision ? { revokeId: decision.revokeId } : {};
  if ('code' in decision) return { ...attempt, code: decision.code };
  const { ledgerEntryId } = decision;
  return decision.outcome === 'granted'
    ? { ledgerEntryId, grantedAt: decision.decidedAt.toISOString() }
    : { ...attempt, ledgerEntryId };
}
