import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, nextOf, staff } from './call.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;

beforeAll(async () => {
  system = await startSystem();
  player = await register(system);
});
afterAll(() => system.stop());

describe('entitlements', () => {
  it.each([
    ['OPERATOR', staff('OPERATOR'), 200],
    ['AUDITOR', staff('AUDITOR'), 200],
    ['ADMIN', staff('ADMIN'), 200],
    ['a client with accounts:read', client('accounts:read'), 200],
    ['a client without', client('claims:read'), 403],
    ['USER', staff('USER'), 403],
    ['nobody', {}, 401],
  ])('of an account are shown to %s with %j: %i', async (_, as, status) => {
    for (const path of ['entitlements', 'entitlements/ledger']) {
      expect((await system.call('GET', `/v1/accounts/${player.id}/${path}`, { as })).status).toBe(status);
    }
  });

  it('of nobody are not found; of a new account they are empty', async () => {
    const { as, id } = await register(system);
    for (const path of ['entitlements', 'entitlements/ledger']) {
      expect(
        (await system.call('GET', `/v1/accounts/acc_nobody/${path}`, { as: staff('ADMIN') })).status,
      ).toBe(404);
      const empty = await system.call('GET', `/v1/accounts/${id}/${path}`, { as: staff('ADMIN') });
      expect(empty.body['items']).toEqual([]);
      expect((await system.call('GET', `/v1/me/${path}`, { as })).body['items']).toEqual([]);
      expect((await system.call('GET', `/v1/me/${path}`, { as: client('accounts:read') })).status).toBe(403);
    }
  });

  it('come in pages by kind and asset, each once, a thousand where nothing else is asked for', async () => {
    const owner = await register(system);
    const holdings = Array.from({ length: 1_203 }, (_, index) => {
      const kind = ['coupon', 'currency', 'item'][index % 3] ?? 'item';
      const asset = `asset-${String(index).padStart(4, '0')}`;
      return {
        _id: `${owner.id}/${kind}/${asset}`,
        accountId: owner.id,
        kind,
        asset,
        quantity: 1,
        entries: 1,
      };
    });
    await system.db.collection<{ _id: string }>('balances').insertMany(holdings);
    const sizes: number[] = [];
    const found: unknown[] = [];
    let target = '/v1/me/entitlements';
    while (target !== '') {
      const page = await system.call('GET', target, { as: owner.as });
      const items = page.body['items'] as { kind: string; asset: string }[];
      sizes.push(items.length);
      found.push(...items.map(({ kind, asset }) => `${owner.id}/${kind}/${asset}`));
      target = nextOf(page);
    }
    expect(sizes).toEqual([1_000, 203]);
    expect(found).toEqual(holdings.map(({ _id }) => _id).toSorted());
    const exported = await system.call('GET', '/v1/me/export', { as: owner.as });
    expect(exported.body['entitlements']).toHaveLength(1_203);
    expect((await system.call('GET', '/v1/me/entitlements?limit=1001', { as: owner.as })).status).toBe(400);
  });

  it('have a ledger that comes in pages, newest first, each entry once', async () => {
    const owner = await register(system);
    const claims = Array.from({ length: 5 }, () => newClaim(owner.id));
    for (const claim of claims) request(system, claim, 2);
    await Promise.all(claims.map((claim) => answersTo(system, claim, 1)));

    const balances: unknown[] = [];
    let target = '/v1/me/entitlements/ledger?limit=2';
    while (target !== '') {
      const page = await system.call('GET', target, { as: owner.as });
      balances.push(
        ...(page.body['items'] as { balanceAfter: number }[]).map(({ balanceAfter }) => balanceAfter),
      );
      target = nextOf(page);
    }
    expect(balances).toEqual([10, 8, 6, 4, 2]);
  });

  it("have cursors that are not good for somebody else's", async () => {
    const claims = [newClaim(player.id), newClaim(player.id)];
    for (const claim of claims) request(system, claim, 1);
    await Promise.all(claims.map((claim) => answersTo(system, claim, 1)));
    const { body } = await system.call('GET', '/v1/me/entitlements/ledger?limit=1', { as: player.as });
    const other = await register(system);
    const target = `/v1/me/entitlements/ledger?cursor=${String(body['nextCursor'])}`;
    expect(await system.call('GET', target, { as: other.as })).toMatchObject({
      status: 400,
      body: { code: 'invalid_cursor' },
    });
  });
});
