import type { OutgoingMessage } from 'service-kit/messaging';
import { expect, it } from 'vitest';
import { breachesOf, examplesOf, heardTypes } from '../../test/contracts.ts';
import {
  accountRegistered,
  accountRolesChanged,
  accountStatusChanged,
} from '../accounts/account-messages.ts';
import { openAccount } from '../accounts/account.ts';
import { answerWith, RewardMessage } from '../ledger/grant-messages.ts';

const heard = await heardTypes();
const now = new Date('2026-12-01T00:00:00Z');
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const account = openAccount({ id: 'acc_1', username: 'min-jun', passwordHash: '…' }, now);
const claim = { claimId: 'clm_1', grantId: 'clm_1.1', accountId: 'acc_1', decidedAt: now };

/** One or more of each type, as the code makes them. */
const messages: OutgoingMessage[] = [
  accountRegistered(account, {}),
  accountRegistered(account, { inviteCode: 'SPRING-7KQ2', traceparent }),
  accountStatusChanged({ ...account, status: 'banned', statusReason: 'speed hack' }, traceparent),
  accountStatusChanged({ ...account, status: 'deleted' }, traceparent),
  accountRolesChanged({ ...account, roles: ['USER', 'OPERATOR'] }),
  answerWith({ ...claim, outcome: 'granted', ledgerEntryId: 'led_1' }, traceparent),
  ...(['account_banned', 'account_deleted', 'account_unknown', 'cancelled'] as const).map((code) =>
    answerWith({ ...claim, outcome: 'refused', code }, undefined),
  ),
  answerWith({ ...claim, outcome: 'revoked', ledgerEntryId: 'led_2' }, traceparent),
  answerWith({ ...claim, outcome: 'revoked', revokeId: 'rvk_1', ledgerEntryId: 'led_2' }, traceparent),
  ...(['insufficient_balance', 'not_granted'] as const).map((code) =>
    answerWith({ ...claim, outcome: 'revoke-refused', revokeId: 'rvk_1', code }, undefined),
  ),
];

it.each(heard)('every example of %s in its contract is understood', async (type) => {
  const examples = await examplesOf(type);
  expect(examples).not.toEqual([]);
  for (const example of examples) expect(RewardMessage.parse(example).type).toBe(type);
});

it.each(messages)(
  '$type as it is sent keeps to its contract',
  ({ type, data, subject, traceparent: trace }) => {
    const envelope = {
      specversion: '1.0' as const,
      id: '1',
      source: 'auth-service',
      time: now.toISOString(),
    };
    const event = {
      ...envelope,
      datacontenttype: 'application/json',
      type,
      subject,
      traceparent: trace,
      data,
    };
    expect(breachesOf(JSON.parse(JSON.stringify(event)))).toEqual([]);
  },
);
