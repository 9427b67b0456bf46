import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldAbout } from './account-news.ts';
import { client, staff, statusesIn, type Answer } from './call.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { isAlive, logIn, PASSWORD, playerIn, randomName, register, type Player } from './player.ts';
import { ADMIN, eventually, startSystem, type System } from './system.ts';

let system: System;
let admin: Player;
beforeAll(async () => {
  system = await startSystem({ instances: 2 });
  admin = await logIn(system, ADMIN.username, ADMIN.password);
});
afterAll(() => system.stop());

const accounts = () => system.db.collection<{ _id: string; [field: string]: unknown }>('accounts');
const stored = (id: string) => accounts().findOne({ _id: id });
const RETENTION_MS = 30 * 24 * 60 * 60 * 1_000;

const deleteMe = (who: Player, json?: unknown): Promise<Answer> =>
  system.call('POST', '/v1/me/deletion', { as: who.as, json });
const remove = (id: string, as: Player['as'] = admin.as): Promise<Answer> =>
  system.call('DELETE', `/v1/accounts/${id}`, { as });
const restore = (id: string): Promise<Answer> =>
  system.call('POST', `/v1/accounts/${id}/restore`, { as: admin.as });
const logInAs = (username: string, password = PASSWORD): Promise<Answer> =>
  system.call('POST', '/v1/auth/login', { json: { username, password } });
const setStatus = (id: string, json: object): Promise<Answer> =>
  system.call('PUT', `/v1/accounts/${id}/status`, { as: admin.as, json });
const setRoles = (id: string, ...roles: string[]): Promise<Answer> =>
  system.call('PUT', `/v1/accounts/${id}/roles`, { as: admin.as, json: { roles } });

describe('the deletion of my account', () => {
  it('ends every session and access token, and no login finds it any more', async () => {
    const player = await register(system);
    const elsewhere = await logIn(system, player.username);
    expect((await deleteMe(player, { password: PASSWORD })).status).toBe(204);

    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([false, false]);
    const unknown = await logInAs(randomName());
    const deleted = await logInAs(player.username);
    expect([deleted.status, deleted.body['code']]).toEqual([unknown.status, unknown.body['code']]);
    expect((await system.call('GET', '/v1/me', { as: player.as })).status).toBe(404);
    expect(await stored(player.id)).toMatchObject({ status: 'deleted', version: 2, tokenVersion: 2 });
    expect(await toldAbout(system, player.id, 'status-changed')).toEqual([
      { accountId: player.id, accountVersion: 2, status: 'deleted' },
    ]);
    const revoked = { accountId: player.id, minVersion: 2 };
    expect(await system.db.collection('revocations').countDocuments(revoked)).toBe(1);
  });

  it('leaves the name taken and what it owns in the ledger, and grants nothing more', async () => {
    const player = await register(system);
    const [before, after] = [newClaim(player.id), newClaim(player.id)];
    request(system, before);
    await answersTo(system, before, 1);
    await deleteMe(player, { password: PASSWORD });
    request(system, after);
    expect(await answersTo(system, after, 1)).toMatchObject([{ data: { code: 'account_deleted' } }]);
    const again = { username: player.username.toUpperCase(), password: PASSWORD };
    expect((await system.call('POST', '/v1/auth/register', { json: again })).status).toBe(409);
    const owned = await system.call('GET', `/v1/accounts/${player.id}/entitlements`, { as: admin.as });
    expect(owned.body['items']).toEqual([{ kind: 'currency', asset: 'gold', quantity: 100 }]);
  });

  it.each([
    ['the wrong password', { password: 'zebra-tooth-92' }, 403, 'wrong_password'],
    ['no password', {}, 400, 'invalid_request'],
    ['no body', undefined, 400, 'invalid_request'],
    ['an unknown field', { password: PASSWORD, really: true }, 400, 'invalid_request'],
    ['a query operator', { password: { $ne: '' } }, 400, 'invalid_request'],
  ])('with %s is refused, and nothing changes', async (_, json, status, code) => {
    const player = await register(system);
    const answer = await deleteMe(player, json);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
    expect(await stored(player.id)).toMatchObject({ status: 'active', version: 1 });
    expect(await isAlive(system, player)).toBe(true);
  });

  it('counts wrong passwords like a login', async () => {
    const player = await register(system);
    const tries = await Promise.all(
      Array.from({ length: 11 }, () => deleteMe(player, { password: 'not-the-password' })),
    );
    expect(statusesIn(tries)).toEqual([...Array<number>(10).fill(403), 429]);
    expect((await logInAs(player.username)).status).toBe(429);
  });

  it('of a guest asks for no password, and refuses one', async () => {
    const device = { deviceId: `device-of-${randomName()}`.replace('.', '_') };
    const guest = playerIn((await system.call('POST', '/v1/auth/guest', { json: device })).body);
    expect(await deleteMe(guest, { password: PASSWORD })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'password' }] },
    });
    expect((await deleteMe(guest, {})).status).toBe(204);
    expect(await stored(guest.id)).toMatchObject({ status: 'deleted' });
  });

  it('at the same moment on two devices happens once, and is told once', async () => {
    const player = await register(system);
    const answers = await Promise.all([
      deleteMe(player, { password: PASSWORD }),
      deleteMe(player, { password: PASSWORD }),
    ]);
    expect(statusesIn(answers)).toEqual([204, 404]);
    await toldAbout(system, player.id, 'status-changed');
  });

  it('is not for the banned, the last ADMIN, clients or strangers', async () => {
    const player = await register(system);
    await setStatus(player.id, { status: 'banned', reason: 'x' });
    expect(await deleteMe(player, { password: PASSWORD })).toMatchObject({
      body: { code: 'account_banned' },
    });
    const last = await deleteMe(admin, { password: ADMIN.password });
    expect([last.status, last.body['code']]).toEqual([409, 'last_admin']);
    const as = client('accounts:read');
    expect((await system.call('POST', '/v1/me/deletion', { as, json: {} })).status).toBe(403);
    expect((await system.call('POST', '/v1/me/deletion', { json: {} })).status).toBe(401);
  });
});

describe('the deletion of an account by an ADMIN', () => {
  it('is like that by the owner, may be repeated, and is told once', async () => {
    const player = await register(system);
    expect((await remove(player.id)).status).toBe(204);
    expect((await remove(player.id)).status).toBe(204);
    expect(await isAlive(system, player)).toBe(false);
    expect((await logInAs(player.username)).status).toBe(401);
    await toldAbout(system, player.id, 'status-changed');
    const read = await system.call('GET', `/v1/accounts/${player.id}`, { as: admin.as });
    expect(read).toMatchObject({ status: 200, body: { status: 'deleted', username: player.username } });
  });

  it('is not of oneself, and leaves the last ADMIN', async () => {
    expect(await remove(admin.id)).toMatchObject({ status: 403, body: { code: 'self_status_change' } });
    const former = { ...admin.as, userId: 'acc_former' };
    expect(await remove(admin.id, former)).toMatchObject({ status: 409, body: { code: 'last_admin' } });
  });

  it('of two ADMINs by each other at the same moment leaves one', async () => {
    const { id, username } = await register(system);
    await setRoles(id, 'ADMIN');
    const second = await logIn(system, username);
    const answers = await Promise.all([remove(second.id, admin.as), remove(admin.id, second.as)]);
    expect(statusesIn(answers)).toEqual([204, 409]);
    expect(await accounts().countDocuments({ roles: 'ADMIN', status: 'active' })).toBe(1);
    if ((await stored(admin.id))?.['status'] === 'deleted') {
      await system.call('POST', `/v1/accounts/${admin.id}/restore`, { as: second.as });
      await remove(second.id);
    }
  });

  it.each([
    [401, {}],
    [403, staff('OPERATOR')],
    [403, staff('AUDITOR')],
    [403, client('accounts:read')],
  ])('answers %i to %j, as does the restore', async (status, as) => {
    const { id } = await register(system);
    expect((await system.call('DELETE', `/v1/accounts/${id}`, { as })).status).toBe(status);
    expect((await system.call('POST', `/v1/accounts/${id}/restore`, { as })).status).toBe(status);
    expect(await stored(id)).toMatchObject({ status: 'active' });
  });

  it('of nobody is not found, as is the restore', async () => {
    for (const answer of [await remove('acc_nobody'), await restore('acc_nobody')]) {
      expect([answer.status, answer.body['code']]).toEqual([404, 'account_not_found']);
    }
  });
});

describe('a restore', () => {
  it('lets the owner log in again; the sessions stay dead', async () => {
    const player = await register(system);
    await deleteMe(player, { password: PASSWORD });
    const answer = await restore(player.id);
    expect(answer).toMatchObject({ status: 200, body: { id: player.id, status: 'active' } });
    expect(answer.headers.get('etag')).toBe('"3"');
    expect((await restore(player.id)).headers.get('etag')).toBe('"3"');
    expect(await isAlive(system, player)).toBe(false);
    expect((await logIn(system, player.username)).id).toBe(player.id);
    const told = await toldAbout(system, player.id, 'status-changed', 2);
    expect(told[1]).toEqual({ accountId: player.id, accountVersion: 3, status: 'active' });
  });

  it('brings a ban back with its end', async () => {
    const player = await register(system);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await setStatus(player.id, { status: 'banned', reason: 'speed hack', until });
    await remove(player.id);
    expect(await restore(player.id)).toMatchObject({ status: 200, body: { status: 'banned' } });
    const told = await toldAbout(system, player.id, 'status-changed', 3);
    expect(told[2]).toMatchObject({ status: 'banned', reason: 'speed hack', until });
  });
});

describe('the erasure', () => {
  /** As if it had been deleted this long ago. */
  const deletedFor = (id: string, ms: number) =>
    accounts().updateOne({ _id: id }, { $set: { 'deletion.at': new Date(Date.now() - ms) } });
  const untilErased = (id: string) =>
    eventually(async () => {
      const account = await stored(id);
      expect(account?.['erasedAt']).toBeInstanceOf(Date);
      return account;
    });

  it('takes everything personal after the retention, frees the name, and is told once', async () => {
    const username = randomName();
    const json = { username, password: PASSWORD, email: 'min@example.com', displayName: 'Min of Seoul' };
    const headers = { 'user-agent': 'phone-of-min' };
    const player = playerIn((await system.call('POST', '/v1/auth/register', { json, headers })).body);
    const claim = newClaim(player.id);
    request(system, claim);
    await answersTo(system, claim, 1);
    await system.call('POST', `/v1/accounts/${player.id}/password-reset`, { as: admin.as });
    await remove(player.id);
    await deletedFor(player.id, RETENTION_MS + 1_000);

    expect(await untilErased(player.id)).toMatchObject({
      username: `erased:${player.id}`,
      status: 'deleted',
    });

    const kept: unknown[] = [];
    for (const { name } of await system.db.listCollections().toArray()) {
      if (name.startsWith('system.')) continue;
      kept.push(...(await system.db.collection(name).find().toArray()));
    }
    const about = JSON.stringify(kept);
    for (const personal of [username, 'min@example.com', 'Min of Seoul', 'min of seoul', 'phone-of-min']) {
      expect(about).not.toContain(personal);
    }
    expect(await system.db.collection('sessions').countDocuments({ accountId: player.id })).toBe(0);
    expect(
      await system.db.collection<{ _id: string }>('passwordResets').findOne({ _id: player.id }),
    ).toBeNull();
    const ledger = await system.call('GET', `/v1/accounts/${player.id}/entitlements/ledger`, {
      as: admin.as,
    });
    expect(ledger.body['items']).toMatchObject([{ grantId: claim.grantId, quantity: 100 }]);
    expect(await toldAbout(system, player.id, 'status-changed', 2)).toMatchObject([
      { accountVersion: 2, status: 'deleted' },
      { accountVersion: 3, status: 'deleted', erased: true },
    ]);
    expect((await register(system, username)).id).not.toBe(player.id);
  });

  it('cannot be undone', async () => {
    const player = await register(system);
    await remove(player.id);
    await deletedFor(player.id, RETENTION_MS + 1_000);
    await untilErased(player.id);
    expect(await restore(player.id)).toMatchObject({ status: 409, body: { code: 'account_erased' } });
    expect((await remove(player.id)).status).toBe(204);
    expect((await logInAs(`erased:${player.id}`)).status).toBe(401);
  });

  it('forgets the device of a guest', async () => {
    const deviceId = `device-of-${randomName()}`.replace('.', '_');
    const guest = playerIn((await system.call('POST', '/v1/auth/guest', { json: { deviceId } })).body);
    await deleteMe(guest);
    await deletedFor(guest.id, RETENTION_MS + 1_000);
    await untilErased(guest.id);
    expect(await system.db.collection('devices').countDocuments({ accountId: guest.id })).toBe(0);
    expect((await system.call('POST', '/v1/auth/guest', { json: { deviceId } })).status).toBe(201);
  });

  it('does not come before the retention is over, nor after a restore', async () => {
    const [young, restored, due] = [await register(system), await register(system), await register(system)];
    for (const { id } of [young, restored, due]) await remove(id);
    await deletedFor(young.id, RETENTION_MS - 60_000);
    await deletedFor(restored.id, RETENTION_MS - 60_000);
    await restore(restored.id);
    await deletedFor(due.id, RETENTION_MS + 1_000);
    await untilErased(due.id);
    expect(await stored(young.id)).toMatchObject({ username: young.username, erasedAt: null });
    expect(await stored(restored.id)).toMatchObject({ username: restored.username, status: 'active' });
  });

  it('takes as long as ACCOUNT_RETENTION says, and is caught up at the next start', async () => {
    const env = { ACCOUNT_RETENTION: '1h' };
    const before = await startSystem({ env });
    const players = [await register(before), await register(before)];
    const chief = await logIn(before, ADMIN.username, ADMIN.password);
    for (const { id } of players) await before.call('DELETE', `/v1/accounts/${id}`, { as: chief.as });
    await Promise.all(before.instances.map(({ lifecycle }) => lifecycle.stop()));
    const hoursAgo = { $set: { 'deletion.at': new Date(Date.now() - 2 * 3_600_000) } };
    await before.db.collection('accounts').updateMany({ status: 'deleted' }, hoursAgo);

    const after = await startSystem({ database: before.db.databaseName, instances: 3, env });

    for (const { id } of players) {
      expect(await toldAbout(after, id, 'status-changed')).toMatchObject([
        { accountVersion: 3, erased: true },
      ]);
    }
    const erased = after.log.filter(({ message }) => message === 'A deleted account was erased');
    expect(erased).toHaveLength(players.length);
    await after.stop();
    await before.stop();
  });

  it('and the ends of bans find what is due in an index', async () => {
    await system.db.command({ profile: 2 });
    const sweeps = await eventually(async () => {
      const queries = await system.db.collection('system.profile').find({ op: 'query' }).toArray();
      const due = queries.filter(({ command }) => /bannedUntil|deletion\.at/.test(JSON.stringify(command)));
      expect(due.length).toBeGreaterThan(5);
      return due;
    });
    await system.db.command({ profile: 0 });
    expect(sweeps.filter(({ planSummary }) => !String(planSummary).startsWith('IXSCAN'))).toEqual([]);
  });
});
