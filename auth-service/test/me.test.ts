import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { client, statusesIn } from './call.ts';
import { isAlive, logIn, PASSWORD, register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
let elsewhere: Player;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
  elsewhere = await logIn(system, player.username);
});

describe('a change of password', () => {
  const changing = async (json: unknown) => system.call('PUT', '/v1/me/password', { json, as: player.as });
  const NEW = 'giraffe-lamp-42';

  it('ends the other sessions and keeps this one; only the new password logs in', async () => {
    expect((await changing({ currentPassword: PASSWORD, newPassword: NEW })).status).toBe(204);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, false]);
    expect((await logIn(system, player.username, NEW)).id).toBe(player.id);
    const json = { username: player.username, password: PASSWORD };
    expect((await system.call('POST', '/v1/auth/login', { json })).status).toBe(401);
  });

  it('at the same time on two devices happens once', async () => {
    const answers = await Promise.all([
      changing({ currentPassword: PASSWORD, newPassword: NEW }),
      changing({ currentPassword: PASSWORD, newPassword: `${NEW}-2` }),
    ]);
    expect(statusesIn(answers)).toEqual([204, 403]);
  });

  it.each([
    [
      'the wrong current password',
      { currentPassword: 'zebra-tooth-92', newPassword: NEW },
      403,
      'wrong_password',
    ],
    [
      'a new one that is too short',
      { currentPassword: PASSWORD, newPassword: 'short' },
      400,
      'invalid_request',
    ],
    [
      'a new one that is easy to guess',
      { currentPassword: PASSWORD, newPassword: 'password123' },
      400,
      'invalid_request',
    ],
    ['an unknown field', { currentPassword: PASSWORD, newPassword: NEW, hint: 'x' }, 400, 'invalid_request'],
  ])('with %s changes nothing', async (_, json, status, code) => {
    const answer = await changing(json);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, true]);
    expect((await logIn(system, player.username)).id).toBe(player.id);
  });
});

describe('my account', () => {
  it('is read with its version', async () => {
    const answer = await system.call('GET', '/v1/me', { as: player.as });
    expect(answer).toMatchObject({
      status: 200,
      body: { id: player.id, username: player.username, roles: ['USER'] },
    });
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(JSON.stringify(answer.body)).not.toContain('argon2');
  });

  it('is changed by a merge patch: what is named is replaced, null removes, the rest stays', async () => {
    const patch = async (json: unknown) => system.call('PATCH', '/v1/me', { json, as: player.as });
    expect(await patch({ displayName: ' Min ', email: 'MIN@example.com' })).toMatchObject({
      status: 200,
      body: { displayName: 'Min', email: 'min@example.com' },
    });
    const answer = await patch({ email: null });
    expect(answer.body).toMatchObject({ displayName: 'Min', email: null });
    expect(answer.headers.get('etag')).toBe('"3"');
  });

  it('is changed by a body of the merge patch type as well', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    const answer = await system.call('PATCH', '/v1/me', {
      json: { displayName: 'Min' },
      headers,
      as: player.as,
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    { username: 'other' },
    { roles: ['ADMIN'] },
    { status: 'active' },
    { displayName: 7 },
    { email: 'home' },
  ])('cannot be changed by %j', async (json) => {
    expect((await system.call('PATCH', '/v1/me', { json, as: player.as })).status).toBe(400);
    expect((await system.call('GET', '/v1/me', { as: player.as })).headers.get('etag')).toBe('"1"');
  });

  it('keeps both of two changes at the same time', async () => {
    const patch = async (json: unknown) => system.call('PATCH', '/v1/me', { json, as: player.as });
    const answers = await Promise.all([patch({ displayName: 'Min' }), patch({ email: 'min@example.com' })]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await system.call('GET', '/v1/me', { as: player.as })).body).toMatchObject({
      displayName: 'Min',
      email: 'min@example.com',
    });
  });

  it('is nothing that a service client has', async () => {
    expect((await system.call('GET', '/v1/me', { as: client('accounts:read') })).status).toBe(403);
  });

  it('that is gone is not found', async () => {
    const as = { ...player.as, userId: 'acc_gone' };
    expect((await system.call('GET', '/v1/me', { as })).status).toBe(404);
    expect((await system.call('PATCH', '/v1/me', { json: {}, as })).status).toBe(404);
  });
});
