import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, staff, statusesIn, type Answer } from './call.ts';
import {
  isAlive,
  logIn,
  PASSWORD,
  playerIn,
  randomName,
  register,
  versionIn,
  type Player,
} from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());

const NEW = 'giraffe-lamp-42';
const admin = staff('ADMIN');
const resets = () => system.db.collection<{ _id: string }>('passwordResets');
const offer = (id: string, as = admin): Promise<Answer> =>
  system.call('POST', `/v1/accounts/${id}/password-reset`, { as });
const tokenFor = async (id: string): Promise<string> => String((await offer(id)).body['token']);
const reset = (token: unknown, newPassword: unknown = NEW, instance = 0): Promise<Answer> =>
  system.call('POST', '/v1/auth/password-reset', { json: { token, newPassword }, instance });
const setStatus = (id: string, status: string): Promise<Answer> =>
  system.call('PUT', `/v1/accounts/${id}/status`, { as: admin, json: { status, reason: 'test' } });
const logInStatus = async (username: string, password: string): Promise<number> =>
  (await system.call('POST', '/v1/auth/login', { json: { username, password } })).status;

describe('a token for a reset', () => {
  it('is made by an ADMIN, for an hour, and stored so that it cannot be read', async () => {
    const { id } = await register(system);
    const answer = await offer(id);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      token: expect.stringMatching(/^rst_[\w-]{22}$/),
      expiresAt: expect.any(String),
    });
    const lifeMs = new Date(String(answer.body['expiresAt'])).getTime() - Date.now();
    expect(lifeMs).toBeGreaterThan(59 * 60_000);
    expect(lifeMs).toBeLessThanOrEqual(60 * 60_000);
    expect(JSON.stringify(await resets().findOne({ _id: id }))).not.toContain(answer.body['token']);
    expect(JSON.stringify(system.log)).not.toContain(answer.body['token']);
  });

  it('leaves password and sessions as they are until it is used', async () => {
    const player = await register(system);
    await offer(player.id);
    expect(await isAlive(system, player)).toBe(true);
    expect(await logInStatus(player.username, PASSWORD)).toBe(200);
  });

  it.each([
    [401, {}],
    [403, staff('OPERATOR')],
    [403, staff('AUDITOR')],
    [403, client('accounts:read', 'entitlements:write')],
  ])('is not made (%i) for %j', async (status, as) => {
    const { id } = await register(system);
    expect((await offer(id, as)).status).toBe(status);
    expect(await resets().findOne({ _id: id })).toBeNull();
  });

  it('is not made for nobody, a deleted account, or a guest', async () => {
    expect(await offer('acc_nobody')).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
    const { id } = await register(system);
    await system.call('DELETE', `/v1/accounts/${id}`, { as: admin });
    expect(await offer(id)).toMatchObject({ status: 409, body: { code: 'account_deleted' } });
    const deviceId = `device-of-${randomName()}`.replace('.', '_');
    const guest = playerIn((await system.call('POST', '/v1/auth/guest', { json: { deviceId } })).body);
    expect(await offer(guest.id)).toMatchObject({ status: 409, body: { code: 'guest_account' } });
  });
});

describe('a reset', () => {
  it('replaces the password and ends every session and access token', async () => {
    const player = await register(system);
    const elsewhere = await logIn(system, player.username);
    expect((await reset(await tokenFor(player.id))).status).toBe(204);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([false, false]);
    expect(await logInStatus(player.username, PASSWORD)).toBe(401);
    const again = await logIn(system, player.username, NEW);
    expect(versionIn(again.tokens.accessToken)).toBe(versionIn(player.tokens.accessToken) + 1);
    const told = await eventually(() => {
      const about = system.sent.filter(
        ({ type, subject }) => type === 'laurel.sessions.revoked.v1' && subject === player.id,
      );
      expect(about).toHaveLength(1);
      return about;
    });
    expect(told[0]?.data).toMatchObject({ accountId: player.id, minVersion: 2 });
  });

  it('happens once, also when the token comes many times at the same moment', async () => {
    const player = await register(system);
    const token = await tokenFor(player.id);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, index) => reset(token, `${NEW}-${index}`, index % 2)),
    );
    expect(statusesIn(answers)).toEqual([204, ...Array<number>(5).fill(401)]);
    const winner = answers.findIndex(({ status }) => status === 204);
    expect(await logInStatus(player.username, `${NEW}-${winner}`)).toBe(200);
  });

  it('answers alike to tokens that are wrong, used, replaced, too old, or of a deleted account', async () => {
    const players = [
      await register(system),
      await register(system),
      await register(system),
      await register(system),
    ];
    const [used, replaced, old, deleted] = players.map(({ id }) => id) as [string, string, string, string];
    const tokens = [];
    for (const id of [used, replaced, old, deleted]) tokens.push(await tokenFor(id));
    await reset(tokens[0]);
    await offer(replaced);
    await resets().updateOne({ _id: old }, { $set: { expiresAt: new Date(Date.now() - 1) } });
    await system.call('DELETE', `/v1/accounts/${deleted}`, { as: admin });
    for (const token of ['rst_wrong', ...tokens]) {
      const answer = await reset(token, 'quite-another-81');
      expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_reset_token']);
    }
    expect(await logInStatus(players[1]?.username ?? '', PASSWORD)).toBe(200);
  });

  it.each<[string, (who: Player) => Promise<unknown>]>([
    [
      'the owner changes the password',
      (who) =>
        system.call('PUT', '/v1/me/password', {
          as: who.as,
          json: { currentPassword: PASSWORD, newPassword: 'quite-another-81' },
        }),
    ],
    [
      'the e-mail address is changed, and changed back',
      async (who) => {
        await system.call('PATCH', '/v1/me', { as: who.as, json: { email: 'somebody@example.com' } });
        await system.call('PATCH', '/v1/me', { as: who.as, json: { email: null } });
      },
    ],
    [
      'staff changes the e-mail address',
      (who) =>
        system.call('PATCH', `/v1/accounts/${who.id}`, { as: admin, json: { email: 'new@example.com' } }),
    ],
    [
      'the account is deleted and restored',
      async (who) => {
        await system.call('DELETE', `/v1/accounts/${who.id}`, { as: admin });
        await system.call('POST', `/v1/accounts/${who.id}/restore`, { as: admin });
      },
    ],
    ['the account is banned', (who) => setStatus(who.id, 'banned')],
    [
      'the account is banned and not any more',
      async (who) => {
        await setStatus(who.id, 'banned');
        await setStatus(who.id, 'active');
      },
    ],
  ])('is not possible with a token from before %s', async (_, change) => {
    const player = await register(system);
    const token = await tokenFor(player.id);
    await change(player);
    expect(await reset(token)).toMatchObject({ status: 401, body: { code: 'invalid_reset_token' } });
  });

  it('is possible after the display name was changed, or the roles', async () => {
    const player = await register(system);
    const token = await tokenFor(player.id);
    await system.call('PATCH', '/v1/me', { as: player.as, json: { displayName: 'Min' } });
    await system.call('PUT', `/v1/accounts/${player.id}/roles`, { as: admin, json: { roles: ['AUDITOR'] } });
    await logIn(system, player.username);
    expect((await reset(token)).status).toBe(204);
  });

  it('or another change of the password happens, not both, when they come at the same moment', async () => {
    const player = await register(system);
    const token = await tokenFor(player.id);
    const json = { currentPassword: PASSWORD, newPassword: 'quite-another-81' };
    const answers = await Promise.all([
      reset(token),
      system.call('PUT', '/v1/me/password', { as: player.as, json }),
    ]);
    expect([
      [204, 401],
      [204, 403],
    ]).toContainEqual(statusesIn(answers));
  });

  it('is possible with a token from before tokens were bound to the state of the account', async () => {
    const { id } = await register(system);
    const token = await tokenFor(id);
    await resets().updateOne({ _id: id }, { $unset: { credentialVersion: 1 } });
    await system.db
      .collection<{ _id: string }>('accounts')
      .updateOne({ _id: id }, { $unset: { credentialVersion: 1, sessionEpoch: 1 } });
    expect((await reset(token)).status).toBe(204);
  });

  it('with a password that is easy to guess says why, and leaves the token good', async () => {
    const { id, username } = await register(system);
    const token = await tokenFor(id);
    expect(await reset(token, `${username}1`)).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'newPassword', message: expect.any(String) }] },
    });
    expect((await reset(token)).status).toBe(204);
  });

  it('of a banned account does not end the ban', async () => {
    const { id, username } = await register(system);
    const json = { status: 'banned', reason: 'x' };
    await system.call('PUT', `/v1/accounts/${id}/status`, { as: admin, json });
    expect((await reset(await tokenFor(id))).status).toBe(204);
    expect(await logInStatus(username, NEW)).toBe(403);
  });

  it.each([
    ['no token', { newPassword: NEW }],
    ['a query operator for a token', { token: { $ne: '' }, newPassword: NEW }],
    ['an unknown field', { token: 'rst_x', newPassword: NEW, accountId: 'acc_1' }],
    ['a short password', { token: 'rst_x', newPassword: 'short' }],
  ])('with %s is refused', async (_, json) => {
    const answer = await system.call('POST', '/v1/auth/password-reset', { json });
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
  });
});
