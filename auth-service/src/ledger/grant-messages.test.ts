import { describe, expect, it } from 'vitest';
import { examplesOf } from '../../test/contracts.ts';
import type { GrantDecision, RevokeDecision } from './grant.ts';
import { answerWith, questionIn, RewardMessage } from './grant-messages.ts';

const claim = { claimId: 'clm_1', grantId: 'clm_1.1', accountId: 'acc_1' };
const decidedAt = new Date('2026-12-01T00:00:00Z');

describe('the messages of the contract', () => {
  it('reward.requested is a question whether to grant', async () => {
    const message = RewardMessage.parse((await examplesOf('laurel.reward.requested.v1'))[0]);
    expect(questionIn({ ...message, id: 'm1', attempt: 1, traceparent: 'trace' })).toEqual({
      asks: 'grant',
      messageId: 'm1',
      claimId: message.data.claimId,
      grantId: message.data.grantId,
      accountId: message.data.accountId,
      reward: { kind: 'currency', asset: 'gold', quantity: 100 },
      traceparent: 'trace',
    });
  });

  it('reward.cancelled is a question not to grant', async () => {
    const message = RewardMessage.parse((await examplesOf('laurel.reward.cancelled.v1'))[0]);
    expect(questionIn({ ...message, id: 'm1', attempt: 1 })).toMatchObject({ asks: 'cancel' });
  });

  it('reward.revoke-requested is a question to take back, with the attempt where it names one', async () => {
    const message = RewardMessage.parse((await examplesOf('laurel.reward.revoke-requested.v1'))[0]);
    expect(questionIn({ ...message, id: 'm1', attempt: 1 })).toEqual({
      asks: 'revoke',
      messageId: 'm1',
      claimId: message.data.claimId,
      grantId: message.data.grantId,
      accountId: message.data.accountId,
      revokeId: 'rvk_4Hs8yKd2Wq0uVxPz6BnLeA',
      reason: 'granted by mistake',
    });
    const data = { ...claim, reason: 'granted by mistake', actorId: 'acc_2' };
    const without = RewardMessage.parse({ type: 'laurel.reward.revoke-requested.v1', data });
    expect(questionIn({ ...without, id: 'm1', attempt: 1 })).not.toHaveProperty(
      'revokeId',
      expect.any(String),
    );
  });

  it('fields that are not needed here may come and go', () => {
    const reward = { kind: 'item', asset: 'sword', quantity: 1, rarity: 'epic' };
    const message = { type: 'laurel.reward.requested.v1', data: { ...claim, reward, season: 7 } };
    expect(RewardMessage.parse(message).data).toEqual({
      ...claim,
      reward: { kind: 'item', asset: 'sword', quantity: 1 },
    });
  });

  it.each([
    [{ kind: 'currency', asset: 'gold', quantity: 0 }],
    [{ kind: 'currency', asset: 'gold', quantity: 1.5 }],
    [{ kind: 'currency', asset: 'gold', quantity: 2 ** 53 }],
    [{ kind: 'pet', asset: 'cat', quantity: 1 }],
    [{ kind: 'item', asset: '', quantity: 1 }],
  ])('a reward like %j is no reward', (reward) => {
    const message = { type: 'laurel.reward.requested.v1', data: { ...claim, reward } };
    expect(RewardMessage.safeParse(message).success).toBe(false);
  });
});

describe('an answer', () => {
  it('to what was granted names the ledger entry', () => {
    const decision: GrantDecision = { ...claim, decidedAt, outcome: 'granted', ledgerEntryId: 'led_1' };
    expect(answerWith(decision, 'trace')).toEqual({
      type: 'laurel.reward.granted.v1',
      exchange: 'laurel.rewards',
      routingKey: 'reward.granted',
      subject: 'clm_1',
      traceparent: 'trace',
      data: { ...claim, ledgerEntryId: 'led_1', grantedAt: '2026-12-01T00:00:00.000Z' },
    });
  });

  it('to what was refused says why', () => {
    const decision: GrantDecision = { ...claim, decidedAt, outcome: 'refused', code: 'cancelled' };
    expect(answerWith(decision, undefined)).toMatchObject({
      type: 'laurel.reward.refused.v1',
      routingKey: 'reward.refused',
      data: { ...claim, code: 'cancelled' },
    });
  });

  it('to a revoke names the attempt, and the reversal or why there is none', () => {
    const decision: RevokeDecision = { ...claim, decidedAt, outcome: 'revoked', ledgerEntryId: 'led_2' };
    expect(answerWith({ ...decision, revokeId: 'rvk_1' }, undefined)).toMatchObject({
      type: 'laurel.reward.revoked.v1',
      routingKey: 'reward.revoked',
      data: { ...claim, revokeId: 'rvk_1', ledgerEntryId: 'led_2' },
    });
    const refused: RevokeDecision = { ...claim, decidedAt, outcome: 'revoke-refused', code: 'not_granted' };
    expect(answerWith(refused, undefined)).toMatchObject({
      type: 'laurel.reward.revoke-refused.v1',
      routingKey: 'reward.revoke-refused',
      data: { ...claim, code: 'not_granted' },
    });
  });
});
