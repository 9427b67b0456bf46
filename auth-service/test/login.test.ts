import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, PASSWORD, randomName, register } from './player.ts';
import { staff, type Answer } from './call.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

async function loggingIn(username: string, password: string): Promise<Answer> {
  return await system.call('POST', '/v1/auth/login', { json: { username, password } });
}

async function setStatus(id: string, status: string): Promise<void> {
  const json = { status, reason: 'test' };
  await system.call('PUT', `/v1/accounts/${id}/status`, { json, as: staff('ADMIN') });
}

describe('a login', () => {
  it('gives the account and tokens of a session of its own', async () => {
    const player = await register(system);
    const answer = await loggingIn(player.username, PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body['account']).toMatchObject({ id: player.id, username: player.username });
    const sessions = system.db.collection('sessions');
    expect(await sessions.countDocuments({ accountId: player.id })).toBe(2);
  });

  it('takes the name in any case', async () => {
    const player = await register(system);
    expect((await logIn(system, player.username.toUpperCase())).id).toBe(player.id);
  });

  it('takes a form as OAuth 2 has it', async () => {
    const { username } = await register(system);
    const form = { grant_type: 'password', username, password: PASSWORD };
    const answer = await system.call('POST', '/v1/auth/login', { form });
    expect(answer.status).toBe(200);
  });

  it('with a wrong password, of an unknown and of a deleted account get one and the same answer', async () => {
    const { username } = await register(system);
    const deleted = await register(system);
    await system.db
      .collection<{ _id: string }>('accounts')
      .updateOne({ _id: deleted.id }, { $set: { status: 'deleted' } });

    const answers = [
      await loggingIn(username, 'zebra-tooth-92'),
      await loggingIn(randomName(), PASSWORD),
      await loggingIn(deleted.username, PASSWORD),
    ];
    const bodies = answers.map(({ status, body }) => ({ status, body: { ...body, requestId: undefined } }));
    expect(bodies[0]).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } });
    expect(bodies[1]).toEqual(bodies[0]);
    expect(bodies[2]).toEqual(bodies[0]);
  });

  it('of a banned account says so to the right password alone', async () => {
    const { id, username } = await register(system);
    await setStatus(id, 'banned');
    expect(await loggingIn(username, PASSWORD)).toMatchObject({
      status: 403,
      body: { code: 'account_banned' },
    });
    expect(await loggingIn(username, 'zebra-tooth-92')).toMatchObject({ status: 401 });
    await setStatus(id, 'active');
    expect((await loggingIn(username, PASSWORD)).status).toBe(200);
  });

  it('that races with a ban leaves no session alive, though all of them come in the same millisecond', async () => {
    const now = new Date();
    const own = await startSystem({ overrides: { clock: () => now } });
    try {
      for (let round = 0; round < 6; round += 1) {
        const { id, username } = await register(own);
        const attempts = Array.from({ length: 8 }, () =>
          own.call('POST', '/v1/auth/login', { json: { username, password: PASSWORD } }),
        );
        await Promise.race(attempts);
        const json = { status: 'banned', reason: 'test' };
        const ban = own.call('PUT', `/v1/accounts/${id}/status`, { json, as: staff('ADMIN') });
        await Promise.all([ban, ...attempts]);
        const alive = { accountId: id, revokedAt: null };
        await eventually(async () =>
          expect(await own.db.collection('sessions').countDocuments(alive)).toBe(0),
        );
      }
    } finally {
      await own.stop();
    }
  });

  it.each([
    [400, 'invalid_request', { json: { username: { $ne: '' }, password: { $ne: '' } } }],
    [400, 'invalid_request', { json: { username: 'minjun', password: 'x'.repeat(129) } }],
    [400, 'invalid_request', { json: { username: 'minjun', password: PASSWORD, remember: true } }],
    [400, 'invalid_request', { form: { grant_type: 'magic', username: 'minjun', password: PASSWORD } }],
    [413, 'payload_too_large', { json: { username: 'minjun', password: 'x'.repeat(1_100_000) } }],
    [401, 'unauthenticated', { json: { username: 'minjun', password: PASSWORD }, unsigned: true }],
  ])('answers %i %s to bad input', async (status, code, options) => {
    const answer = await system.call('POST', '/v1/auth/login', options);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});
