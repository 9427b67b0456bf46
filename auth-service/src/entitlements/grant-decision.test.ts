import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AccountStatus } from '../accounts/account.ts';
import {
  balanceId,
  decideGrants,
  ledgerEntryId,
  type Balance,
  type GrantDecision,
  type GrantQuestion,
  type Known,
} from './grant-decision.ts';

const now = new Date('2026-12-01T00:00:00Z');

function grant(grantId: string, quantity = 100, accountId = 'acc_1'): GrantQuestion {
  const claimId = grantId.split('.')[0] ?? grantId;
  return {
    asks: 'grant',
    grantId,
    claimId,
    accountId,
    reward: { kind: 'currency', asset: 'gold', quantity },
  };
}
function cancel(grantId: string, accountId = 'acc_1'): GrantQuestion {
  return { asks: 'cancel', grantId, claimId: grantId.split('.')[0] ?? grantId, accountId };
}
function known(change: Partial<Known> = {}): Known {
  const statuses = new Map<string, AccountStatus>([['acc_1', 'active']]);
  return { decisions: new Map(), statuses, balances: new Map(), ...change };
}
function owning(quantity: number, entries: number): Known {
  const balance: Balance = { accountId: 'acc_1', kind: 'currency', asset: 'gold', quantity, entries };
  return known({ balances: new Map([[balanceId(balance), balance]]) });
}

describe('a request for a grant', () => {
  test('of an active account is granted, entered and added to the balance', () => {
    const decided = decideGrants([grant('clm_1.1', 50)], owning(100, 3), now);
    const id = ledgerEntryId('clm_1.1', 'grant');
    const decision = {
      grantId: 'clm_1.1',
      claimId: 'clm_1',
      accountId: 'acc_1',
      decidedAt: now,
      outcome: 'granted',
      ledgerEntryId: id,
    };
    expect(decided).toEqual({
      answers: [{ decision, traceparent: undefined }],
      newDecisions: [decision],
      newEntries: [
        {
          id,
          accountId: 'acc_1',
          grantId: 'clm_1.1',
          kind: 'grant',
          assetKind: 'currency',
          asset: 'gold',
          quantity: 50,
          balanceAfter: 150,
          sequence: 4,
          reason: 'claim clm_1',
          at: now,
        },
      ],
      changedBalances: [{ accountId: 'acc_1', kind: 'currency', asset: 'gold', quantity: 150, entries: 4 }],
    });
  });

  test.each([
    ['banned', 'account_banned'],
    ['deleted', 'account_deleted'],
    [undefined, 'account_unknown'],
  ] as const)('of an account that is %s is refused, and nothing is entered', (status, code) => {
    const statuses = new Map(status ? [['acc_1', status] as const] : []);
    const decided = decideGrants([grant('clm_1.1')], known({ statuses }), now);
    expect(decided.answers[0]?.decision).toMatchObject({ outcome: 'refused', code });
    expect([decided.newEntries, decided.changedBalances]).toEqual([[], []]);
  });

  test('after its cancellation is refused as cancelled, in one batch or two', () => {
    const together = decideGrants([cancel('clm_1.1'), grant('clm_1.1')], known(), now);
    expect(together.answers.map(({ decision }) => decision)).toMatchObject([
      { outcome: 'refused', code: 'cancelled' },
      { outcome: 'refused', code: 'cancelled' },
    ]);
    const first = decideGrants([cancel('clm_1.1')], known(), now);
    const decisions = new Map(first.newDecisions.map((each) => [each.grantId, each]));
    const second = decideGrants([grant('clm_1.1')], known({ decisions }), now);
    expect(second.answers[0]?.decision).toMatchObject({ outcome: 'refused', code: 'cancelled' });
    expect(second.newEntries).toEqual([]);
  });
});

test('a cancellation after the grant is answered with the grant', () => {
  const decided = decideGrants([grant('clm_1.1'), cancel('clm_1.1')], known(), now);
  expect(decided.answers.map(({ decision }) => decision.outcome)).toEqual(['granted', 'granted']);
  expect(decided.newDecisions).toHaveLength(1);
});

test('a repeated question is answered with the stored decision, although the account was banned since', () => {
  const stored: GrantDecision = {
    grantId: 'clm_1.1',
    claimId: 'clm_1',
    accountId: 'acc_1',
    decidedAt: new Date(0),
    outcome: 'granted',
    ledgerEntryId: 'led_1',
  };
  const decided = decideGrants(
    [{ ...grant('clm_1.1'), traceparent: 'trace-2' }],
    known({ decisions: new Map([['clm_1.1', stored]]), statuses: new Map([['acc_1', 'banned']]) }),
    now,
  );
  expect(decided).toEqual({
    answers: [{ decision: stored, traceparent: 'trace-2' }],
    newDecisions: [],
    newEntries: [],
    changedBalances: [],
  });
});

test('several grants for one balance in a batch add up, each with the balance after it', () => {
  const decided = decideGrants(
    [grant('clm_1.1', 1), grant('clm_2.1', 2), grant('clm_3.1', 3)],
    owning(10, 1),
    now,
  );
  expect(decided.newEntries.map(({ balanceAfter, sequence }) => [balanceAfter, sequence])).toEqual([
    [11, 2],
    [13, 3],
    [16, 4],
  ]);
  expect(decided.changedBalances).toEqual([expect.objectContaining({ quantity: 16, entries: 4 })]);
});

test('a balance that could no longer be exact is an error, not a guess', () => {
  expect(() => decideGrants([grant('clm_1.1', 1)], owning(Number.MAX_SAFE_INTEGER, 1), now)).toThrow(
    RangeError,
  );
});

test('in any order and with any repetition: one decision a grant, one entry a granted grant, balance = sum', () => {
  const question = fc.record({
    asks: fc.constantFrom('grant', 'cancel'),
    grant: fc.integer({ min: 1, max: 8 }),
    account: fc.constantFrom('acc_1', 'acc_2', 'acc_banned', 'acc_unknown'),
    quantity: fc.integer({ min: 1, max: 1_000 }),
  });
  const statuses = new Map<string, AccountStatus>([
    ['acc_1', 'active'],
    ['acc_2', 'active'],
    ['acc_banned', 'banned'],
  ]);
  fc.assert(
    fc.property(fc.array(question, { maxLength: 40 }), (drawn) => {
      const questions = drawn.map(({ asks, grant: number, account, quantity }) =>
        asks === 'grant' ? grant(`clm_${number}.1`, quantity, account) : cancel(`clm_${number}.1`, account),
      );
      const { answers, newDecisions, newEntries, changedBalances } = decideGrants(
        questions,
        known({ statuses }),
        now,
      );
      expect(answers).toHaveLength(questions.length);
      expect(new Set(newDecisions.map(({ grantId }) => grantId)).size).toBe(newDecisions.length);
      expect(newEntries.map(({ grantId }) => grantId)).toEqual(
        newDecisions.filter(({ outcome }) => outcome === 'granted').map(({ grantId }) => grantId),
      );
      for (const balance of changedBalances) {
        const own = newEntries.filter(({ accountId }) => accountId === balance.accountId);
        expect(own.reduce((sum, { quantity }) => sum + quantity, 0)).toBe(balance.quantity);
        expect(own.at(-1)?.balanceAfter).toBe(balance.quantity);
      }
    }),
  );
});
