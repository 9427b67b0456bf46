import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contractTypes, examplesOf, assertContract } from '../../test/support/contracts.ts';
import { ActivityRecorded } from '../participation/activity/activity-messages.ts';
import { AccountEvent } from '../participation/accounts/account-messages.ts';
import { RewardResult, rewardCancelled, rewardRequested } from '../claims/claim-messages.ts';
import type { Claim } from '../claims/claim.ts';
import { rewardRevokeRequested } from '../claims/revoke-messages.ts';
import { openApiText } from './open-api-text.ts';

const CONSUMED = [
  ['laurel.reward.granted.v1', RewardResult],
  ['laurel.reward.refused.v1', RewardResult],
  ['laurel.reward.revoked.v1', RewardResult],
  ['laurel.reward.revoke-refused.v1', RewardResult],
  ['laurel.account.registered.v1', AccountEvent],
  ['laurel.account.upgraded.v1', AccountEvent],
  ['laurel.account.status-changed.v1', AccountEvent],
  ['laurel.account.roles-changed.v1', AccountEvent],
  ['laurel.activity.recorded.v1', ActivityRecorded],
] as const;

const claim: Claim = {
  id: 'clm_7Jq0xw2mS4n8VbYc1ZtK3A',
  eventId: 'evt_1',
  eventVersion: 3,
  rewardId: 'rwd_1',
  accountId: 'acc_1',
  period: '2026-W49',
  status: 'pending',
  attempt: 2,
  grantId: 'clm_7Jq0xw2mS4n8VbYc1ZtK3A.2',
  reward: { kind: 'item', asset: 'sword', quantity: 1 },
  caps: ['rwd_1:day:2026-12-01'],
  createdAt: new Date('2026-12-01T00:00:00Z'),
};

const revocation = {
  id: `${claim.grantId}.r1`,
  attempt: 1,
  reason: 'granted by mistake',
  by: 'acc_2',
  requestedAt: new Date('2026-12-02T00:00:00Z'),
};

describe('the contracts', () => {
  it.each(CONSUMED)('of %s: every example is understood', (type, schema) => {
    for (const example of examplesOf(type)) expect(schema.parse(example).type).toBe(type);
  });

  it.each([
    rewardRequested(
      claim,
      new Date('2026-12-01T00:02:00Z'),
      '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    ),
    rewardCancelled(claim, 'account_banned'),
    rewardRevokeRequested({ ...claim, status: 'revoking', revocation }),
  ])('of $type: what is sent keeps to it', ({ type, data, subject, traceparent }) => {
    const envelope = {
      specversion: '1.0',
      id: '1',
      source: 'game-event-service',
      datacontenttype: 'application/json',
    };
    const message = { ...envelope, type, time: '2026-12-01T00:00:00.000Z', subject, traceparent, data };
    expect(() => assertContract(type, JSON.parse(JSON.stringify(message)))).not.toThrow();
  });

  it('are there for every message in and out, and for no other', () => {
    const types = [
      ...CONSUMED.map(([type]) => type),
      'laurel.reward.cancelled.v1',
      'laurel.reward.requested.v1',
      'laurel.reward.revoke-requested.v1',
    ];
    expect(contractTypes().toSorted()).toEqual(types.toSorted());
  });

  it('of HTTP is the one that the code makes: run "npm run openapi" after a change', () => {
    expect(readFileSync(new URL('../../contracts/openapi.json', import.meta.url), 'utf8')).toBe(
      openApiText(),
    );
  });
});
