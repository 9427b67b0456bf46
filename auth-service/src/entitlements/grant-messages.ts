import type { IncomingMessage, OutgoingMessage } from 'service-kit/messaging';
import { z } from 'zod';
import { REWARDS } from '../topology.ts';
import { assetKinds, type GrantDecision, type GrantQuestion } from './grant-decision.ts';

const id = z.string().min(1).max(128);
const Claim = z.object({ claimId: id, grantId: id, accountId: id });

/** What this service needs of the messages in its queue; what else they carry is of no use here. */
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
]);
export type RewardMessage = z.infer<typeof RewardMessage>;

export function questionIn({ type, data, traceparent }: IncomingMessage<RewardMessage>): GrantQuestion {
  const { claimId, grantId, accountId } = data;
  const about = { claimId, grantId, accountId, traceparent };
  return type === 'laurel.reward.requested.v1'
    ? { ...about, asks: 'grant', reward: data.reward }
    : { ...about, asks: 'cancel' };
}

export function answerWith(decision: GrantDecision, traceparent: string | undefined): OutgoingMessage {
  const { claimId, grantId, accountId, outcome } = decision;
  const result =
    decision.outcome === 'granted'
      ? { ledgerEntryId: decision.ledgerEntryId, grantedAt: decision.decidedAt.toISOString() }
      : { code: decision.code };
  return {
    type: `laurel.reward.${outcome}.v1`,
    exchange: REWARDS,
    routingKey: `reward.${outcome}`,
    subject: claimId,
    data: { claimId, grantId, accountId, ...result },
    ...(traceparent !== undefined && { traceparent }),
  };
}
