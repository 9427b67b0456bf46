import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, staff } from './call.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { logIn, PASSWORD, playerIn, randomName, register } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

describe('my export', () => {
  it('has everything that is kept about me, and no secret', async () => {
    const json = { username: randomName(), password: PASSWORD, email: 'min@example.com', displayName: 'Min' };
    const headers = { 'user-agent': 'phone-of-min' };
    const player = playerIn((await system.call('POST', '/v1/auth/register', { json, headers })).body);
    const ended = await logIn(system, player.username);
    await system.call('POST', '/v1/auth/logout', { as: ended.as });
    const claim = newClaim(player.id);
    request(system, claim);
    await answersTo(system, claim, 1);
    const other = await register(system);
    const operator = staff('OPERATOR');
    const unban = { status: 'active', reason: 'appeal' };
    await system.call('PUT', `/v1/accounts/${player.id}/status`, { as: operator, json: unban });

    const answer = await system.call('GET', '/v1/me/export', { as: player.as });

    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.body).toMatchObject({
      exportedAt: expect.any(String),
      account: { id: player.id, username: player.username, email: 'min@example.com', displayName: 'Min' },
      entitlements: [{ kind: 'currency', asset: 'gold', quantity: 100 }],
      sessions: [
        { id: ended.as.sessionId, revokedBecause: 'logout' },
        { id: player.as.sessionId, device: 'phone-of-min', address: '203.0.113.7', revokedAt: null },
      ],
      audit: expect.arrayContaining([
        expect.objectContaining({ action: 'export-data', by: 'me', origin: expect.any(Object) }),
        expect.objectContaining({ action: 'log-out', by: 'me' }),
        expect.objectContaining({ action: 'set-status', by: 'account', reason: 'appeal' }),
        expect.objectContaining({ action: 'register-account', by: 'anonymous' }),
      ]),
      ledger: [{ grantId: claim.grantId, kind: 'grant', quantity: 100, balanceAfter: 100 }],
    });
    const audit = answer.body['audit'] as { action: string; origin?: unknown }[];
    expect(audit.find(({ action }) => action === 'set-status')).not.toHaveProperty('origin');
    const text = JSON.stringify(answer.body);
    for (const secret of ['argon2', 'tokenHash', 'passwordHash', other.id, other.username, operator.userId]) {
      expect(text).not.toContain(secret);
    }
  });

  it('is whole however long the ledger is', async () => {
    const player = await register(system);
    const entries = Array.from({ length: 1_234 }, (_, index) => ({
      _id: `led_${player.id}_${index}`,
      accountId: player.id,
      grantId: `clm_${index}.1`,
      kind: 'grant',
      assetKind: 'currency',
      asset: 'gold',
      quantity: 1,
      balanceAfter: index + 1,
      sequence: index + 1,
      reason: 'seed',
      at: new Date(1_700_000_000_000 + Math.floor(index / 7)),
    }));
    await system.db.collection('ledger').insertMany(entries as never);
    const { body } = await system.call('GET', '/v1/me/export', { as: player.as });
    const ids = (body['ledger'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toHaveLength(1_234);
    expect(new Set(ids)).toEqual(new Set(entries.map(({ _id }) => _id)));
  });

  it.each([
    [401, {}],
    [403, client('accounts:read')],
    [404, staff('ADMIN')],
  ])('answers %i to %j', async (status, as) => {
    expect((await system.call('GET', '/v1/me/export', { as })).status).toBe(status);
  });

  it('is not for the banned, whose tokens are dead', async () => {
    const player = await register(system);
    const json = { status: 'banned', reason: 'x' };
    await system.call('PUT', `/v1/accounts/${player.id}/status`, { as: staff('ADMIN'), json });
    const answer = await system.call('GET', '/v1/me/export', { as: player.as });
    expect([answer.status, answer.body['code']]).toEqual([403, 'account_banned']);
  });
});
