import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccountStatus } from '../accounts/account.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import { balanceId, type Balance, type LedgerEntry } from './ledger.ts';
import {
  decideOrders,
  orderId,
  type Order,
  type OrderDecision,
  type OrderOutcome,
  type OrdersDecided,
  type OrdersKnown,
} from './order-decision.ts';

const now = new Date('2026-12-01T00:00:00Z');

const by = somebodyAt({ address: '203.0.113.7', device: null, requestId: 'req_1', traceparent: '' });

type Change = { accountId?: string; quantity?: number; asset?: string };
function spend(key: string, change: Change & { kind?: 'currency' | 'item' } = {}): Order {
  const id = orderId('spend', 'cli_1', key);
  return {
    id,
    asks: 'spend',
    accountId: 'acc_1',
    asset: 'gold',
    quantity: 10,
    reason: 'a shield',
    by,
    ...change,
  };
}
function give(key: string, change: Change & { kind?: 'currency' | 'item' } = {}): Order {
  const id = orderId('grant', 'acc_admin', key);
  const about = {
    accountId: 'acc_1',
    kind: 'currency',
    asset: 'gold',
    quantity: 10,
    reason: 'sorry',
    by,
  } as const;
  return { id, asks: 'grant', ...about, ...change };
}

function known(change: Partial<OrdersKnown> = {}): OrdersKnown {
  const statuses = new Map<string, AccountStatus>([
    ['acc_1', 'active'],
    ['acc_banned', 'banned'],
    ['acc_deleted', 'deleted'],
  ]);
  return { decisions: new Map(), entries: new Map(), statuses, balances: new Map(), ...change };
}
function owning(...balances: [kind: Balance['kind'], quantity: number][]): OrdersKnown {
  const owned = balances.map(([kind, quantity]): Balance => ({
    accountId: 'acc_1',
    kind,
    asset: 'gold',
    quantity,
    entries: 1,
  }));
  return known({ balances: new Map(owned.map((balance) => [balanceId(balance), balance])) });
}
function after(before: OrdersKnown, decided: OrdersDecided): OrdersKnown {
  return {
    statuses: before.statuses,
    decisions: new Map([
      ...before.decisions,
      ...decided.newDecisions.map(({ decision }): [string, OrderDecision] => [decision.orderId, decision]),
    ]),
    entries: new Map([
      ...before.entries,
      ...decided.newEntries.map((entry): [string, LedgerEntry] => [entry.id, entry]),
    ]),
    balances: new Map([
      ...before.balances,
      ...decided.changedBalances.map((each): [string, Balance] => [balanceId(each), each]),
    ]),
  };
}
const codes = ({ outcomes }: OrdersDecided): string[] => outcomes.map(told);
const told = (outcome: OrderOutcome): string =>
  'refused' in outcome ? outcome.refused : `${outcome.entry.kind} ${outcome.entry.balanceAfter}`;

describe('a spend', () => {
  it('is an entry with a negative quantity', () => {
    const decided = decideOrders([spend('k1')], owning(['currency', 15]), now);
    expect(decided.newEntries).toEqual([
      {
        id: orderId('spend', 'cli_1', 'k1'),
        accountId: 'acc_1',
        kind: 'spend',
        assetKind: 'currency',
        asset: 'gold',
        quantity: -10,
        balanceAfter: 5,
        sequence: 2,
        reason: 'a shield',
        at: now,
      },
    ]);
    expect(decided.changedBalances).toMatchObject([{ quantity: 5, entries: 2 }]);
  });

  it('of more than there is, is refused; those before it in the group count, and those that fit after it succeed', () => {
    const orders = [spend('k1'), spend('k2'), spend('k3', { quantity: 5 }), spend('k4')];
    const decided = decideOrders(orders, owning(['currency', 15]), now);
    expect(codes(decided)).toEqual(['spend 5', 'insufficient_balance', 'spend 0', 'insufficient_balance']);
  });

  it('sees a grant before it in the group', () => {
    expect(codes(decideOrders([give('g1'), spend('k1')], known(), now))).toEqual(['grant 10', 'spend 0']);
  });

  it.each([
    ['acc_nobody', 'account_not_found'],
    ['acc_banned', 'account_banned'],
    ['acc_deleted', 'account_deleted'],
  ])('of %s is refused as %s, and so is a grant', (accountId, code) => {
    const decided = decideOrders([spend('k1', { accountId }), give('g1', { accountId })], known(), now);
    expect(codes(decided)).toEqual([code, code]);
    expect(decided.newEntries).toEqual([]);
  });

  it('takes the one kind that the account has; with two of them it must be said', () => {
    expect(codes(decideOrders([spend('k1')], owning(['item', 15]), now))).toEqual(['spend 5']);
    const both = owning(['currency', 15], ['item', 11]);
    const orders = [spend('k1'), spend('k2', { kind: 'item' }), spend('k3', { kind: 'currency' })];
    expect(codes(decideOrders(orders, both, now))).toEqual(['ambiguous_asset', 'spend 1', 'spend 5']);
  });
});

it('a grant beyond what is exact is refused', () => {
  const decided = decideOrders([give('g1')], owning(['currency', Number.MAX_SAFE_INTEGER]), now);
  expect(codes(decided)).toEqual(['balance_too_large']);
});

describe('a key', () => {
  it('gets its first answer again, in the group or later, even if the balance has changed', () => {
    const first = decideOrders([spend('k1'), spend('k1'), spend('k2')], owning(['currency', 10]), now);
    expect(codes(first)).toEqual(['spend 0', 'spend 0', 'insufficient_balance']);
    expect(first.newEntries).toHaveLength(1);
    const later = { ...after(owning(['currency', 10]), first), balances: owning(['currency', 99]).balances };
    const again = decideOrders([spend('k1'), spend('k2')], later, now);
    expect(codes(again)).toEqual(['spend 0', 'insufficient_balance']);
    expect([again.newEntries, again.newDecisions]).toEqual([[], []]);
  });

  it.each([
    [{ quantity: 11 }],
    [{ accountId: 'acc_2' }],
    [{ asset: 'gems' }],
    [{ kind: 'currency' as const }],
  ])('with another order (%j) is refused', (change) => {
    const orders = [spend('k1'), spend('k1', change)];
    expect(codes(decideOrders(orders, owning(['currency', 99]), now))[1]).toBe('idempotency_key_reused');
  });

  it('belongs to its caller and call', () => {
    const ids = [
      orderId('spend', 'cli_1', 'k1'),
      orderId('spend', 'cli_2', 'k1'),
      orderId('grant', 'cli_1', 'k1'),
      orderId('spend', 'cli_1', 'k2'),
    ];
    expect(new Set(ids).size).toBe(4);
  });
});

it('in groups of any size, orders are those of a wallet that does one thing after the other', () => {
  const order = fc
    .record({
      key: fc.integer({ min: 1, max: 12 }),
      quantity: fc.integer({ min: 1, max: 3 }),
      gives: fc.boolean(),
    })
    .map(({ key, quantity, gives }) =>
      gives ? give(`k${key}`, { quantity }) : spend(`k${key}`, { quantity }),
    );
  fc.assert(
    fc.property(fc.array(fc.array(order, { maxLength: 8 }), { maxLength: 6 }), (groups) => {
      let stored = known();
      let purse = 0;
      const first = new Map<string, { quantity: number; answer: string }>();
      for (const group of groups) {
        const expected = group.map(({ id, asks, quantity }) => {
          const earlier = first.get(id);
          if (earlier) return earlier.quantity === quantity ? earlier.answer : 'idempotency_key_reused';
          const fits = asks === 'grant' || purse >= quantity;
          if (fits) purse += asks === 'grant' ? quantity : -quantity;
          const answer = fits ? `${asks} ${purse}` : 'insufficient_balance';
          first.set(id, { quantity, answer });
          return answer;
        });
        const decided = decideOrders(group, stored, now);
        expect(codes(decided)).toEqual(expected);
        stored = after(stored, decided);
      }
      expect([...stored.entries.values()].reduce((sum, { quantity }) => sum + quantity, 0)).toBe(purse);
    }),
  );
});
