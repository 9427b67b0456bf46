import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountStatus } from '../accounts/account.ts';
import { revokeKey, type GrantDecision, type GrantQuestion, type RevokeDecision } from './grant.ts';
import { decideGrants, type Decided, type Known } from './grant-decision.ts';
import { balanceId, grantEntryId, type Balance, type LedgerEntry } from './ledger.ts';

const now = new Date('2026-12-01T00:00:00Z');

function grant(grantId: string, quantity = 100, accountId = 'acc_1'): GrantQuestion {
  const claimId = grantId.split('.')[0] ?? grantId;
  return {
    asks: 'grant',
    messageId: `message of ${grantId}`,
    grantId,
    claimId,
    accountId,
    reward: { kind: 'currency', asset: 'gold', quantity },
  };
}
function cancel(grantId: string, accountId = 'acc_1'): GrantQuestion {
  return {
    asks: 'cancel',
    messageId: `cancellation of ${grantId}`,
    grantId,
    claimId: grantId.split('.')[0] ?? grantId,
    accountId,
  };
}
function revoke(grantId: string, revokeId?: string): GrantQuestion {
  const claimId = grantId.split('.')[0] ?? grantId;
  const messageId = `revoke of ${grantId}`;
  return { asks: 'revoke', messageId, grantId, claimId, accountId: 'acc_1', revokeId, reason: 'a mistake' };
}
function known(change: Partial<Known> = {}): Known {
  const statuses = new Map<string, AccountStatus>([['acc_1', 'active']]);
  return {
    decisions: new Map(),
    revokeDecisions: new Map(),
    statuses,
    balances: new Map(),
    entries: new Map(),
    ...change,
  };
}
function owning(quantity: number, entries: number): Known {
  const balance: Balance = { accountId: 'acc_1', kind: 'currency', asset: 'gold', quantity, entries };
  return known({ balances: new Map([[balanceId(balance), balance]]) });
}
const decide = (questions: GrantQuestion[], given: Known, allowNegativeBalance = false): Decided =>
  decideGrants(questions, given, { allowNegativeBalance }, now);

/** The known state once a batch is stored. */
function after(before: Known, decided: Decided): Known {
  const entries = decided.newEntries.map((entry): [string, LedgerEntry] => [entry.id, entry]);
  return {
    statuses: before.statuses,
    decisions: new Map([
      ...before.decisions,
      ...decided.newDecisions.map((each) => [each.grantId, each] as const),
    ]),
    revokeDecisions: new Map([
      ...before.revokeDecisions,
      ...decided.newRevokeDecisions.map((each): [string, RevokeDecision] => [revokeKey(each), each]),
    ]),
    balances: new Map([
      ...before.balances,
      ...decided.changedBalances.map((each): [string, Balance] => [balanceId(each), each]),
    ]),
    entries: new Map([...before.entries, ...entries]),
  };
}

describe('a request for a grant', () => {
  it('of an active account is granted, entered and added to the balance', () => {
    const decided = decide([grant('clm_1.1', 50)], owning(100, 3));
    const id = grantEntryId('clm_1.1', 'grant');
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
      newRevokeDecisions: [],
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

  it.each([
    ['banned', 'account_banned'],
    ['deleted', 'account_deleted'],
    [undefined, 'account_unknown'],
  ] as const)('of an account that is %s is refused, and nothing is entered', (status, code) => {
    const statuses = new Map(status ? [['acc_1', status] as const] : []);
    const decided = decide([grant('clm_1.1')], known({ statuses }));
    expect(decided.answers[0]?.decision).toMatchObject({ outcome: 'refused', code });
    expect([decided.newEntries, decided.changedBalances]).toEqual([[], []]);
  });

  it('after its cancellation is refused as cancelled, in one batch or two', () => {
    const together = decide([cancel('clm_1.1'), grant('clm_1.1')], known());
    expect(together.answers.map(({ decision }) => decision)).toMatchObject([
      { outcome: 'refused', code: 'cancelled' },
      { outcome: 'refused', code: 'cancelled' },
    ]);
    const first = decide([cancel('clm_1.1')], known());
    const decisions = new Map(first.newDecisions.map((each) => [each.grantId, each]));
    const second = decide([grant('clm_1.1')], known({ decisions }));
    expect(second.answers[0]?.decision).toMatchObject({ outcome: 'refused', code: 'cancelled' });
    expect(second.newEntries).toEqual([]);
  });
});

it('a cancellation after the grant is answered with the grant', () => {
  const decided = decide([grant('clm_1.1'), cancel('clm_1.1')], known());
  expect(decided.answers.map(({ decision }) => decision.outcome)).toEqual(['granted', 'granted']);
  expect(decided.newDecisions).toHaveLength(1);
});

it('a repeated question is answered with the stored decision, although the account was banned since', () => {
  const stored: GrantDecision = {
    grantId: 'clm_1.1',
    claimId: 'clm_1',
    accountId: 'acc_1',
    decidedAt: new Date(0),
    outcome: 'granted',
    ledgerEntryId: 'led_1',
  };
  const decided = decide(
    [{ ...grant('clm_1.1'), traceparent: 'trace-2' }],
    known({ decisions: new Map([['clm_1.1', stored]]), statuses: new Map([['acc_1', 'banned']]) }),
  );
  expect(decided).toEqual({
    answers: [{ decision: stored, traceparent: 'trace-2' }],
    newDecisions: [],
    newRevokeDecisions: [],
    newEntries: [],
    changedBalances: [],
  });
});

it('several grants for one balance in a batch add up, each with the balance after it', () => {
  const decided = decide([grant('clm_1.1', 1), grant('clm_2.1', 2), grant('clm_3.1', 3)], owning(10, 1));
  expect(decided.newEntries.map(({ balanceAfter, sequence }) => [balanceAfter, sequence])).toEqual([
    [11, 2],
    [13, 3],
    [16, 4],
  ]);
  expect(decided.changedBalances).toEqual([expect.objectContaining({ quantity: 16, entries: 4 })]);
});

it('a balance that could no longer be exact is an error of the message that asks for it, not a guess', () => {
  const questions = [grant('clm_1.1', 1), grant('clm_2.1', Number.MAX_SAFE_INTEGER)];
  expect(() => decide(questions, owning(1, 1))).toThrow(
    expect.objectContaining({ messageId: 'message of clm_2.1', cause: expect.any(RangeError) }),
  );
});

describe('a revoke', () => {
  const granted = after(known(), decide([grant('clm_1.1', 50)], known()));
  const reversal = grantEntryId('clm_1.1', 'reversal');

  it('enters a reversal beside the grant, whatever the status of the account', () => {
    const banned = { ...granted, statuses: new Map([['acc_1', 'banned' as const]]) };
    const decided = decide([revoke('clm_1.1', 'rvk_1')], banned);
    expect(decided.answers).toMatchObject([
      { decision: { outcome: 'revoked', revokeId: 'rvk_1', ledgerEntryId: reversal } },
    ]);
    expect(decided.newEntries).toEqual([
      expect.objectContaining({
        id: reversal,
        grantId: 'clm_1.1',
        kind: 'reversal',
        quantity: -50,
        balanceAfter: 0,
        sequence: 2,
        reason: 'a mistake',
      }),
    ]);
    expect(decided.changedBalances).toMatchObject([{ quantity: 0, entries: 2 }]);
  });

  it.each([
    [49, false, 'revoke-refused', []],
    [49, true, 'revoked', [-1]],
    [50, false, 'revoked', [0]],
  ])(
    'with %i of 50 left and negative balances allowed: %j, is %s',
    (quantity, allowed, outcome, balances) => {
      const spent = { ...granted, balances: owning(quantity, 2).balances };
      const decided = decide([revoke('clm_1.1', 'rvk_1')], spent, allowed);
      expect(decided.answers).toMatchObject([{ decision: { outcome } }]);
      expect(decided.changedBalances.map((each) => each.quantity)).toEqual(balances);
    },
  );

  it('that was refused stays refused when it is repeated, although there is enough now; a new attempt succeeds', () => {
    const refused = after(granted, decide([revoke('clm_1.1', 'rvk_1')], { ...granted, balances: new Map() }));
    const again = decide([revoke('clm_1.1', 'rvk_1'), revoke('clm_1.1', 'rvk_2')], {
      ...refused,
      balances: granted.balances,
    });
    expect(again.answers).toMatchObject([
      { decision: { outcome: 'revoke-refused', code: 'insufficient_balance', revokeId: 'rvk_1' } },
      { decision: { outcome: 'revoked', revokeId: 'rvk_2' } },
    ]);
  });

  it('of what is reversed already is answered with the one reversal', () => {
    const decided = decide(
      [revoke('clm_1.1', 'rvk_1'), revoke('clm_1.1', 'rvk_2'), revoke('clm_1.1')],
      granted,
    );
    expect(decided.answers.map(({ decision }) => decision)).toMatchObject([
      { outcome: 'revoked', ledgerEntryId: reversal },
      { outcome: 'revoked', ledgerEntryId: reversal },
      { outcome: 'revoked', ledgerEntryId: reversal },
    ]);
    expect(decided.newEntries).toHaveLength(1);
  });

  it('of what was refused, or was never asked for, is refused, and it is not granted afterwards', () => {
    const decided = decide(
      [revoke('clm_1.1', 'rvk_1'), grant('clm_1.1'), revoke('clm_1.1', 'rvk_2')],
      known(),
    );
    expect(decided.answers.map(({ decision }) => decision)).toMatchObject([
      { outcome: 'revoke-refused', code: 'not_granted' },
      { outcome: 'refused', code: 'cancelled' },
      { outcome: 'revoke-refused', code: 'not_granted' },
    ]);
    expect(decided.newEntries).toEqual([]);
  });

  it('of a grant whose entry is gone is an error, not a guess', () => {
    expect(() => decide([revoke('clm_1.1')], { ...granted, entries: new Map() })).toThrow(
      'no entry of the grant',
    );
  });
});

describe('in any order, with any repetition, in batches of any size', () => {
  const account = fc.constantFrom('acc_1', 'acc_2', 'acc_banned', 'acc_unknown');
  const grantId = fc.integer({ min: 1, max: 6 }).map((number) => `clm_${number}.1`);
  const question = fc.oneof(
    fc
      .tuple(grantId, fc.integer({ min: 1, max: 9 }), account)
      .map(([id, quantity, of]) => grant(id, quantity, of)),
    fc.tuple(grantId, account).map(([id, of]) => cancel(id, of)),
    fc
      .tuple(grantId, fc.constantFrom('rvk_1', 'rvk_2', undefined))
      .map(([id, revokeId]) => revoke(id, revokeId)),
    // What was spent in between, by another door.
    fc.record({ spends: fc.constantFrom('acc_1', 'acc_2'), quantity: fc.integer({ min: 1, max: 9 }) }),
  );
  const statuses = new Map<string, AccountStatus>([
    ['acc_1', 'active'],
    ['acc_2', 'active'],
    ['acc_banned', 'banned'],
  ]);

  it('answers, ledger and balances are those of a ledger that does one thing after the other', () => {
    const batches = fc.array(fc.array(question, { maxLength: 12 }), { maxLength: 8 });
    fc.assert(
      fc.property(batches, fc.boolean(), (drawn, allowNegative) => {
        const naive = naiveLedger(statuses, allowNegative);
        let stored = known({ statuses });
        for (const batch of drawn) {
          const questions = batch.filter((each) => 'asks' in each);
          const decided = decide(questions, stored, allowNegative);
          stored = after(stored, decided);
          expect(decided.answers.map(({ decision }) => told(decision))).toEqual(questions.map(naive.ask));
          for (const each of batch)
            if ('spends' in each) stored = spend(stored, each.spends, naive.spend(each));
        }
        for (const balance of stored.balances.values())
          expect(balance.quantity).toBe(naive.quantityOf(balance.accountId));
        const ids = [...stored.entries.values()].map(({ grantId: of, kind }) => `${of} ${kind}`);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 500 },
    );
  });

  it('where balances may become negative, nobody keeps what was asked back', () => {
    const sent = fc
      .uniqueArray(fc.tuple(grantId, fc.integer({ min: 1, max: 9 })), { selector: ([id]) => id })
      .chain((grants) => {
        const each = grants.flatMap(([id, quantity]) => [
          grant(id, quantity),
          grant(id, quantity),
          revoke(id, 'rvk_1'),
        ]);
        return fc.shuffledSubarray(each, { minLength: each.length });
      });
    fc.assert(
      fc.property(sent, (questions) => {
        const { changedBalances } = decide(questions, known(), true);
        expect(changedBalances.every(({ quantity }) => quantity === 0)).toBe(true);
      }),
    );
  });
});

const told = (decision: GrantDecision | RevokeDecision): string =>
  'code' in decision ? `${decision.outcome} ${decision.code}` : decision.outcome;

function spend(before: Known, accountId: string, quantity: number): Known {
  const id = balanceId({ accountId, kind: 'currency', asset: 'gold' });
  const balance = before.balances.get(id);
  if (!balance) return before;
  const spent = { ...balance, quantity: balance.quantity - quantity, entries: balance.entries + 1 };
  return { ...before, balances: new Map(before.balances).set(id, spent) };
}

/** The rules once more, as plainly as they can be said: a list of what was entered, and one answer after the other. */
function naiveLedger(statuses: Map<string, AccountStatus>, allowNegative: boolean) {
  const entered: { accountId: string; what: string; quantity: number }[] = [];
  const answers = new Map<string, string>();
  const quantityOf = (of: string): number =>
    entered.filter(({ accountId }) => accountId === of).reduce((sum, { quantity }) => sum + quantity, 0);

  function ask(question: GrantQuestion): string {
    const key =
      question.asks === 'revoke' ? `${question.grantId} back ${question.revokeId}` : question.grantId;
    const answer =
      answers.get(key) ?? (question.asks === 'revoke' ? takeBack(question.grantId) : give(question));
    answers.set(key, answer);
    return answer;
  }
  function give(question: GrantQuestion): string {
    if (question.asks !== 'grant') return 'refused cancelled';
    const status = statuses.get(question.accountId) ?? 'unknown';
    if (status !== 'active') return `refused account_${status}`;
    const { accountId, reward, grantId } = question;
    entered.push({ accountId, what: grantId, quantity: reward.quantity });
    return 'granted';
  }
  function takeBack(grantId: string): string {
    if (!answers.has(grantId)) answers.set(grantId, 'refused cancelled');
    const given = entered.find(({ what }) => what === grantId);
    if (!given) return 'revoke-refused not_granted';
    if (entered.some(({ what }) => what === `${grantId} back`)) return 'revoked';
    if (quantityOf(given.accountId) < given.quantity && !allowNegative)
      return 'revoke-refused insufficient_balance';
    entered.push({ accountId: given.accountId, what: `${grantId} back`, quantity: -given.quantity });
    return 'revoked';
  }
  return {
    ask,
    quantityOf,
    spend: ({ spends: accountId, quantity }: { spends: string; quantity: number }): number => {
      const spent = Math.max(0, Math.min(quantity, quantityOf(accountId)));
      entered.push({ accountId, what: 'spent', quantity: -spent });
      return spent;
    },
  };
}
