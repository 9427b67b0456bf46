import { describe, expect, it } from 'vitest';
import { accountsAreKnown } from './accounts-are-known.ts';
import { balancesAreSums } from './balances-are-sums.ts';
import { checkInsCountOnce } from './check-ins-count-once.ts';
import { aBalance, aClaim, anEntry, aRecord, aState } from './example-rows.ts';
import { stockAddsUp, type StockFigures } from './stock-adds-up.ts';
import type { ProgressRow, SystemState } from './system-state.ts';
import type { Verdict } from './verdict.ts';

const whats = ({ breaches }: Verdict): string[] => breaches.map(({ what }) => what);

describe('I3', () => {
  const reward = { eventId: 'evt_1', rewardId: 'rwd_1', stock: 10 };
  const told: StockFigures = { rewardId: 'rwd_1', stock: 10, available: 9, reserved: 0, granted: 1 };
  const check = (state: SystemState, figures = told, records = [aRecord()], rewards = [reward]): string[] =>
    whats(stockAddsUp(rewards, [figures], records, state));

  it('holds when stock, counter, claims and API agree', () => {
    expect(check(aState())).toEqual([]);
  });

  it('is broken by a unit too many', () => {
    const sold = aState({
      claims: [aClaim(), aClaim({ _id: 'clm_2', accountId: 'acc_2' })],
      stock: [{ _id: 'rwd_1', total: 1, taken: 2 }],
      grants: [
        { _id: 'rwd_1', granted: 1 },
        { _id: 'rwd_1:7', granted: 1 },
      ],
    });
    const figures = { rewardId: 'rwd_1', stock: 1, available: -1, reserved: 0, granted: 2 };
    expect(check(sold, figures, [aRecord()], [{ ...reward, stock: 1 }])).toEqual([
      'reward rwd_1: 1 more were granted than there were',
      'reward rwd_1: the API tells a stock that does not add up',
    ]);
  });

  it('is broken by a unit that was taken for no claim', () => {
    expect(check(aState({ stock: [{ _id: 'rwd_1', total: 10, taken: 2 }] }))).toEqual([
      'reward rwd_1: stock, counter and claims do not agree',
    ]);
  });

  describe('of a coupon', () => {
    const codes = ['A', 'B', 'C'].map((code, index) => ({ rewardId: 'rwd_1', position: index + 1, code }));
    const holding = (code?: string, more: object = {}) =>
      aClaim({ ...(code !== undefined && { code }), ...more });
    // A came back once and was given again: it stood at 0.
    const books = (more: Partial<SystemState> = {}): SystemState =>
      aState({
        claims: [holding('A')],
        stock: [{ _id: 'rwd_1', total: null, taken: 1 }],
        pools: [{ _id: 'rwd_1', total: 3, end: 4 }],
        codes: codes.map((each) => (each.code === 'A' ? { ...each, position: 0 } : each)),
        ...more,
      });
    const coupon = { ...reward, stock: 3, isCoupon: true };
    const figures = { ...told, stock: null, available: 2 };
    const wrong = (state: SystemState): string[] => check(state, figures, [aRecord()], [coupon]);

    it('holds when each code is held by a claim or waits in the pool', () => {
      expect(wrong(books())).toEqual([]);
    });

    it.each([
      [
        'a code that was given twice',
        'a code was given twice',
        {
          claims: [holding('A'), holding('A', { _id: 'clm_2', accountId: 'acc_2' })],
        },
      ],
      [
        'a code that is given and waits',
        'a code that was given waits to be given again',
        { claims: [holding('C')] },
      ],
      ['a claim without a code', 'a claim was granted without a code', { claims: [holding()] }],
      ['a code that nobody has', 'a code was lost', { claims: [holding('Z')] }],
      ['a code that is gone', 'the pool does not hold what it was given', { codes: codes.slice(1) }],
    ])('is broken by %s', (_, what, more) => {
      expect(wrong(books(more))).toContain(`reward rwd_1: ${what}`);
    });
  });

  it('is broken by what is still reserved', () => {
    expect(check(aState(), { ...told, available: 8, reserved: 1 })).toEqual([
      'reward rwd_1: the API tells a stock that does not add up',
    ]);
  });

  it('is broken by a refusal while there was stock', () => {
    const refused = aRecord({ accountId: 'acc_2', seen: new Set(), refusals: new Set(['out_of_stock']) });
    expect(check(aState(), told, [aRecord(), refused])).toEqual([
      'reward rwd_1: claims were refused while there was stock left',
    ]);
  });

  it('is broken by a cap that counts what is not there, or lets too many pass', () => {
    const capped = aState({
      claims: [aClaim({ caps: ['rwd_1:day:2026-12-01'] })],
      caps: [{ _id: 'rwd_1:day:2026-12-01', count: 1 }],
    });
    expect(check(capped)).toEqual([]);
    expect(check(aState({ caps: [{ _id: 'rwd_1:day:2026-12-01', count: 1 }] }))).toEqual([
      'cap rwd_1:day:2026-12-01 does not add up',
    ]);
    expect(check(capped, told, [aRecord()], [{ ...reward, dailyCap: 0 } as typeof reward])).toEqual([
      'cap rwd_1:day:2026-12-01 does not add up',
    ]);
  });
});

describe('I4', () => {
  const second = anEntry({ _id: 'led_2', grantId: 'clm_2.1', sequence: 2, balanceAfter: 14 });

  it('holds when the entries lead to the balance', () => {
    const books = { balances: [aBalance({ quantity: 14, entries: 2 })], ledger: [second, anEntry()] };
    expect(whats(balancesAreSums(books, []))).toEqual([]);
  });

  it.each([
    ['another sum', { balances: [aBalance({ quantity: 8 })], ledger: [anEntry()] }],
    ['a missing entry', { balances: [aBalance({ quantity: 14, entries: 2 })], ledger: [second] }],
    ['an entry too many', { balances: [aBalance()], ledger: [anEntry(), second] }],
  ])('is broken by %s', (_, books) => {
    expect(whats(balancesAreSums(books, []))).toEqual([
      "balance acc_1/currency/gold is not its ledger's sum",
    ]);
  });

  it('is broken by entries without a balance, and by one that was changed', () => {
    const tampering = [{ collection: 'ledger', operation: 'update', id: 'led_1' }];
    expect(whats(balancesAreSums({ balances: [], ledger: [anEntry()] }, tampering))).toEqual([
      'ledger led_1 was changed after it was written: update',
      'acc_1/currency/gold has entries and no balance',
    ]);
  });
});

describe('check-ins', () => {
  const record = {
    eventId: 'evt_1',
    accountId: 'acc_1',
    days: new Set(['2026-12-01']),
    counted: new Map([['2026-12-01', 1]]),
    unknown: 0,
  };
  const check = (days: Record<string, number>, total: number, more = {}): string[] => {
    const progress = [{ _id: 'evt_1:acc_1', counters: { 'attendance%2echeck-in': { total, days } } }];
    return whats(checkInsCountOnce(new Map([['evt_1:acc_1', { ...record, ...more }]]), progress));
  };

  it('hold when each day counts once', () => {
    expect(check({ '2026-12-01': 1 }, 1)).toEqual([]);
  });

  it('are broken by a day that is forgotten, counted twice, or told as counted twice', () => {
    expect(check({}, 0)).toEqual(['check-in evt_1:acc_1 was answered and is not counted']);
    expect(check({ '2026-12-01': 2 }, 2)).toEqual(['check-in evt_1:acc_1 counts more than once a day']);
    expect(check({ '2026-12-01': 1 }, 1, { counted: new Map([['2026-12-01', 2]]) })).toEqual([
      'check-in evt_1:acc_1 was told as counted twice',
    ]);
  });

  it('are broken by a day of somebody who did nothing, but not by one who only claimed', () => {
    const counter = { total: 1, days: { '2026-12-01': 1 } };
    const progress: ProgressRow[] = [
      { _id: 'evt_1:acc_2', counters: { 'attendance%2echeck-in': counter } },
      { _id: 'evt_1:acc_3', counters: {} },
    ];
    expect(whats(checkInsCountOnce(new Map(), progress))).toEqual([
      'check-in evt_1:acc_2 was made by nobody',
    ]);
  });
});

describe('accounts', () => {
  const accounts = [{ _id: 'acc_1', status: 'active' }];

  it('hold when the copy says what the original says', () => {
    const both = { accounts, knownAccounts: accounts };
    expect(whats(accountsAreKnown(new Set(['acc_1']), both))).toEqual([]);
  });

  it('are broken by one that is unheard of, lost, or of another status', () => {
    expect(whats(accountsAreKnown(new Set(['acc_1']), { accounts, knownAccounts: [] }))).toEqual([
      'game-event-service never heard of account acc_1',
    ]);
    const knownAccounts = [{ _id: 'acc_1', status: 'banned' }];
    expect(whats(accountsAreKnown(new Set(), { accounts, knownAccounts }))).toEqual([
      'account acc_1 is active and thought to be banned',
    ]);
    expect(whats(accountsAreKnown(new Set(['acc_2']), { accounts, knownAccounts: [] }))).toContain(
      'account acc_2 was registered and is not there',
    );
  });
});
