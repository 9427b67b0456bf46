import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { isAlive, logIn, PASSWORD, playerIn, refresh, register, versionIn, type Player } from './player.ts';
import { basic, createClient } from './service-client.ts';
import { eventually, startSystem, type System } from './system.ts';

const admin = staff('ADMIN');
let system: System;
let player: Player;
let elsewhere: Player;

beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
  elsewhere = await logIn(system, player.username);
});

const logOut = (who: Player, scope: string): Promise<Answer> =>
  system.call('POST', '/v1/auth/logout', { as: who.as, json: { scope } });
const sessionsOf = async (who: Player): Promise<unknown[]> => {
  const { body } = await system.call('GET', '/v1/me/sessions', { as: who.as });
  return (body['items'] as { id: string }[]).map(({ id }) => id);
};

describe('a session that is kept while the others end', () => {
  it.each([
    ['a logout of the others', () => logOut(player, 'others')],
    [
      'another password',
      () => {
        const json = { currentPassword: PASSWORD, newPassword: 'giraffe-lamp-42' };
        return system.call('PUT', '/v1/me/password', { as: player.as, json });
      },
    ],
  ])('by %s goes on with the access token that it has, also at the second time', async (_, end) => {
    const of = await introspector();
    expect((await end()).status).toBe(204);
    expect([await of(player), await of(elsewhere)]).toEqual([true, false]);
    expect(await sessionsOf(player)).toEqual([player.as.sessionId]);

    await logOut(player, 'others');
    expect(await of(player)).toBe(true);

    // What ends all tokens ends its own as well.
    await system.call('PUT', `/v1/accounts/${player.id}/roles`, { as: admin, json: { roles: ['AUDITOR'] } });
    expect(await of(player)).toBe(false);
    const { tokens } = await refresh(system, player.tokens.refreshToken);
    expect(tokens && (await of({ ...player, tokens }))).toBe(true);
  });

  it('can be refreshed at every moment of it', async () => {
    let { refreshToken } = player.tokens;
    for (let round = 0; round < 20; round += 1) {
      const [refreshed, ended] = await Promise.all([
        refresh(system, refreshToken, 1),
        logOut(player, 'others'),
      ]);
      expect([refreshed.status, ended.status]).toEqual([200, 204]);
      refreshToken = refreshed.tokens?.refreshToken ?? '';
    }
  });

  it('is not brought back by it when it had ended before', async () => {
    await logOut(elsewhere, 'all');
    expect((await logOut(player, 'others')).status).toBe(204);
    expect(await isAlive(system, player)).toBe(false);
    await eventually(() => {
      const about = system.sent.filter(({ subject }) => subject === player.id);
      expect(about.map(({ data }) => data)).toContainEqual({ accountId: player.id, minVersion: 3 });
    });
  });

  it('by an upgrade goes on, and so does the new one', async () => {
    const deviceId = randomBytes(16).toString('hex');
    const guest = playerIn((await system.call('POST', '/v1/auth/guest', { json: { deviceId } })).body);
    const json = { username: `u${deviceId.slice(0, 12)}`, password: PASSWORD };
    const answer = await system.call('POST', '/v1/auth/upgrade', { as: guest.as, json });
    const upgraded = playerIn(answer.body);
    const of = await introspector();
    expect([await of(guest), await of(upgraded)]).toEqual([true, true]);
    expect(versionIn(upgraded.tokens.accessToken)).toBe(2);
  });
});

describe('sessions that were ended all at once', () => {
  it('are neither listed nor refreshed nor active, though they are still stored', async () => {
    const sessions = system.db.collection<{ _id: string }>('sessions');
    const stored = await sessions.findOne({ _id: elsewhere.as.sessionId });
    await logOut(player, 'others');
    await eventually(async () => {
      expect(await sessions.findOne({ _id: elsewhere.as.sessionId })).toBeNull();
    });
    await sessions.insertOne(stored ?? { _id: 'none' });

    expect(await sessionsOf(player)).toEqual([player.as.sessionId]);
    expect(await (await introspector())(elsewhere)).toBe(false);
    // Its head is rotated before the account is read; neither that nor a repetition gets anything.
    for (let tries = 0; tries < 3; tries += 1) expect(await isAlive(system, elsewhere)).toBe(false);
    const exported = await system.call('GET', '/v1/me/export', { as: player.as });
    expect(exported.body['sessions']).toMatchObject([{ id: player.as.sessionId }]);
  });
});

describe('an account and sessions from before there were epochs', () => {
  beforeEach(async () => {
    const accounts = system.db.collection<{ _id: string }>('accounts');
    await accounts.updateOne({ _id: player.id }, { $unset: { sessionEpoch: 1, credentialVersion: 1 } });
    const sessions = system.db.collection('sessions');
    await sessions.updateMany({ accountId: player.id }, { $unset: { epoch: 1, kept: 1 } });
  });

  it('stay as good as they were', async () => {
    expect(await sessionsOf(player)).toEqual([elsewhere.as.sessionId, player.as.sessionId]);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, true]);
  });

  it('end and are kept like all others', async () => {
    await logOut(player, 'others');
    expect(await sessionsOf(player)).toEqual([player.as.sessionId]);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([true, false]);
    const stored = { accountId: player.id };
    await eventually(async () =>
      expect(await system.db.collection('sessions').countDocuments(stored)).toBe(1),
    );
  });
});

/** @returns a function that says whether the access token of a player is active */
async function introspector(): Promise<(who: Player) => Promise<unknown>> {
  const headers = basic(await createClient(system, 'tokens:introspect'));
  return async ({ tokens: { accessToken: token } }) =>
    (await system.call('POST', '/oauth/introspect', { form: { token }, headers })).body['active'];
}
