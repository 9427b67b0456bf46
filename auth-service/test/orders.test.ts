import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balanceOf, expectBalanceToBeSumOfLedger } from './books.ts';
import { client, staff, type Answer } from './call.ts';
import { GAME_SERVER, give, spend } from './orders.ts';
import { register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());

async function rich(quantity: number, kind = 'currency'): Promise<Player> {
  const owner = await register(system);
  expect((await give(system, owner.id, { quantity, kind })).status).toBe(201);
  return owner;
}
const ledgerOf = (accountId: string) => system.db.collection('ledger').find({ accountId }).toArray();
const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const codeOf = ({ status, body }: Answer): [number, unknown] => [status, body['code']];

describe('a spend', () => {
  it.each(['currency', 'item'])(
    'of a %s takes from the balance, and the owner sees it in the ledger',
    async (kind) => {
      const owner = await rich(100, kind);
      const answer = await spend(system, owner.id, { quantity: 30 });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          id: expect.stringMatching(/^led_[\w-]{22}$/),
          kind: 'spend',
          asset: 'gold',
          quantity: -30,
          balanceAfter: 70,
          reason: 'bought a shield',
          at: expect.any(String),
        },
      });
      const owned = await system.call('GET', '/v1/me/entitlements', { as: owner.as });
      expect(owned.body).toEqual({ items: [{ kind, asset: 'gold', quantity: 70 }], nextCursor: null });
      const ledger = await system.call('GET', '/v1/me/entitlements/ledger?limit=1', { as: owner.as });
      expect(ledger.body['items']).toEqual([answer.body]);
    },
  );

  it('of more than there is, is refused and changes nothing', async () => {
    const owner = await rich(10);
    expect(codeOf(await spend(system, owner.id, { quantity: 11 }))).toEqual([409, 'insufficient_balance']);
    expect(codeOf(await spend(system, owner.id, { asset: 'gems' }))).toEqual([409, 'insufficient_balance']);
    expect(await balanceOf(system, owner.id)).toBe(10);
  });

  it.each([
    ['a client with entitlements:write', GAME_SERVER, 200],
    ['a client with accounts:read', client('accounts:read'), 403],
    ['ADMIN', staff('ADMIN'), 403],
    ['USER', staff('USER'), 403],
    ['nobody', {}, 401],
  ])('by %s is answered %j: %i', async (_, as, status) => {
    const owner = await rich(10);
    expect((await spend(system, owner.id, {}, { as })).status).toBe(status);
  });

  it('of an account that is unknown, banned or deleted is refused', async () => {
    expect(codeOf(await spend(system, 'acc_nobody', {}))).toEqual([404, 'account_not_found']);
    for (const [status, expected] of [
      ['banned', [403, 'account_banned']],
      ['deleted', [409, 'account_deleted']],
    ]) {
      const owner = await rich(10);
      const accounts = system.db.collection<{ _id: string }>('accounts');
      await accounts.updateOne({ _id: owner.id }, { $set: { status } });
      expect(codeOf(await spend(system, owner.id, {}))).toEqual(expected);
      expect(codeOf(await give(system, owner.id, {}))).toEqual(expected);
      expect(await balanceOf(system, owner.id)).toBe(10);
    }
  });

  it('of an asset that the account has as currency and as item must say which', async () => {
    const owner = await rich(10);
    await give(system, owner.id, { kind: 'item', quantity: 5 });
    expect(codeOf(await spend(system, owner.id, {}))).toEqual([409, 'ambiguous_asset']);
    expect((await spend(system, owner.id, { kind: 'item' })).body).toMatchObject({ balanceAfter: 4 });
  });
});

describe('a grant by ADMIN', () => {
  it('is entered and answered with its entry', async () => {
    const owner = await register(system);
    expect(await give(system, owner.id, { quantity: 25 })).toMatchObject({
      status: 201,
      body: { kind: 'grant', asset: 'gold', quantity: 25, balanceAfter: 25, reason: 'sorry for the outage' },
    });
    expect(await balanceOf(system, owner.id)).toBe(25);
  });

  it.each([
    ['OPERATOR', staff('OPERATOR'), 403],
    ['a client', GAME_SERVER, 403],
    ['nobody', {}, 401],
  ])('is not for %s with %j: %i', async (_, as, status) => {
    const owner = await register(system);
    expect((await give(system, owner.id, {}, { as })).status).toBe(status);
  });

  it('to an unknown account, or beyond what is exact, is refused', async () => {
    expect(codeOf(await give(system, 'acc_nobody', {}))).toEqual([404, 'account_not_found']);
    const owner = await rich(Number.MAX_SAFE_INTEGER);
    expect(codeOf(await give(system, owner.id, { quantity: 1 }))).toEqual([409, 'balance_too_large']);
  });
});

describe('an order', () => {
  it.each([
    ['spend', { quantity: 0 }],
    ['spend', { quantity: -5 }],
    ['spend', { quantity: 1.5 }],
    ['spend', { quantity: 2 ** 53 }],
    ['spend', { quantity: '5' }],
    ['spend', { quantity: { $gt: 0 } }],
    ['spend', { asset: '' }],
    ['spend', { asset: { $ne: '' } }],
    ['spend', { asset: 'gold\u0000' }],
    ['spend', { asset: 'g'.repeat(129) }],
    ['spend', { kind: 'coupon' }],
    ['spend', { reason: '' }],
    ['spend', { reason: 'x'.repeat(501) }],
    ['spend', { accountId: 'acc_2' }],
    ['grants', { kind: 'coupon' }],
    ['grants', { kind: undefined }],
    ['grants', { quantity: 0 }],
    ['grants', { grantId: 'clm_1.1' }],
  ])('%s with %j is refused as invalid, and nothing is stored', async (what, change) => {
    const owner = await register(system);
    const answer = await (what === 'spend' ? spend : give)(system, owner.id, change);
    expect(codeOf(answer)).toEqual([400, 'invalid_request']);
    expect(await ledgerOf(owner.id)).toEqual([]);
  });

  it('without a key is refused as 428, and with one that is no key as 400', async () => {
    const owner = await rich(10);
    const json = { asset: 'gold', quantity: 1, reason: 'a shield' };
    const target = `/v1/accounts/${owner.id}/entitlements/spend`;
    const without = await system.call('POST', target, { json, as: GAME_SERVER });
    expect(codeOf(without)).toEqual([428, 'idempotency_key_required']);
    const grants = { json: { ...json, kind: 'item' }, as: staff('ADMIN') };
    expect(codeOf(await system.call('POST', `/v1/accounts/${owner.id}/grants`, grants))).toEqual([
      428,
      'idempotency_key_required',
    ]);
    expect((await spend(system, owner.id, {}, { key: 'k'.repeat(256) })).status).toBe(400);
    expect(await balanceOf(system, owner.id)).toBe(10);
  });
});

describe('a key', () => {
  it('gets the same answer again, on every instance', async () => {
    const owner = await rich(10);
    const key = randomUUID();
    const first = await spend(system, owner.id, { quantity: 4 }, { key });
    const again = await spend(system, owner.id, { quantity: 4 }, { key, instance: 1 });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(await balanceOf(system, owner.id)).toBe(6);

    const refusedKey = randomUUID();
    const refused = await spend(system, owner.id, { quantity: 7 }, { key: refusedKey });
    await give(system, owner.id, { quantity: 100 });
    const still = await spend(system, owner.id, { quantity: 7 }, { key: refusedKey, instance: 1 });
    expect([codeOf(refused), codeOf(still)]).toEqual([
      [409, 'insufficient_balance'],
      [409, 'insufficient_balance'],
    ]);
  });

  it('with another body, or for another account, is refused; another caller has keys of their own', async () => {
    const owner = await rich(10);
    const other = await rich(10);
    const key = randomUUID();
    await spend(system, owner.id, { quantity: 1 }, { key });
    const reused = [422, 'idempotency_key_reused'];
    expect(codeOf(await spend(system, owner.id, { quantity: 2 }, { key }))).toEqual(reused);
    expect(codeOf(await spend(system, other.id, { quantity: 1 }, { key }))).toEqual(reused);
    const as = { ...GAME_SERVER, userId: 'cli_other' };
    expect((await spend(system, owner.id, { quantity: 2 }, { key, as })).status).toBe(200);
    expect(await balanceOf(system, owner.id)).toBe(7);
  });

  it('that arrives fifty times at once over two instances spends once, and all hear the same', async () => {
    const owner = await rich(1_000);
    const key = randomUUID();
    const answers = await Promise.all(
      times(50, (index) => spend(system, owner.id, { quantity: 7 }, { key, instance: index % 2 })),
    );
    expect(new Set(answers.map(({ status, body }) => `${status} ${JSON.stringify(body)}`)).size).toBe(1);
    expect(answers[0]?.status).toBe(200);
    expect(await balanceOf(system, owner.id)).toBe(993);
    expect(await ledgerOf(owner.id)).toHaveLength(2);
  });

  it('that arrives at once with two bodies is decided for one of them', async () => {
    const owner = await rich(1_000);
    const key = randomUUID();
    const answers = await Promise.all(
      times(20, (index) =>
        spend(system, owner.id, { quantity: 1 + (index % 2) }, { key, instance: (index >> 1) % 2 }),
      ),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(10);
    expect(await ledgerOf(owner.id)).toHaveLength(2);
  });
});

it('hundreds of spends on one balance at once, over two instances, take exactly what there is', async () => {
  const owner = await rich(200);
  const answers = await Promise.all(
    times(300, (index) => spend(system, owner.id, { quantity: 1 }, { instance: index % 2 })),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(200);
  expect(answers.filter(({ status }) => status === 409)).toHaveLength(100);
  await expectBalanceToBeSumOfLedger(system, owner.id);
  expect(await balanceOf(system, owner.id)).toBe(0);
});

it('what was decided about grants and orders is counted', async () => {
  const owner = await rich(10);
  await spend(system, owner.id, { quantity: 11 });
  const port = system.instances[0]?.admin.address().port;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  expect(text).toMatch(/ledger_orders_decided_total\{[^}]*asks="grant",outcome="applied"[^}]*\} [1-9]/);
  expect(text).toMatch(
    /ledger_orders_decided_total\{[^}]*asks="spend",outcome="insufficient_balance"[^}]*\} [1-9]/,
  );
  expect(text).toMatch(/ledger_entries_total\{[^}]*kind="spend"[^}]*\} [1-9]/);
  expect(text).toMatch(/group_commit_size_count\{[^}]*group="ledger orders"[^}]*\} [1-9]/);
});

it('every order is in the audit trail once, with who asked, why and what became of it', async () => {
  const owner = await rich(10);
  const key = randomUUID();
  await Promise.all([0, 1].map((instance) => spend(system, owner.id, { quantity: 4 }, { key, instance })));
  await spend(system, owner.id, { quantity: 40 });

  const found = await system.db
    .collection('audit')
    .find({ 'subject.id': owner.id })
    .sort({ at: 1 })
    .toArray();

  const orders = found.filter(({ action }) => String(action).endsWith('-entitlements'));
  const server = { kind: 'client', id: GAME_SERVER.userId };
  expect(orders).toMatchObject([
    {
      action: 'grant-entitlements',
      actor: { kind: 'account' },
      result: 'done',
      reason: 'sorry for the outage',
    },
    { action: 'spend-entitlements', actor: server, result: 'done', details: { asset: 'gold', quantity: 4 } },
    { action: 'spend-entitlements', actor: server, result: 'refused', reason: 'insufficient_balance' },
  ]);
});
