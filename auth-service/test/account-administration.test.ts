import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldAbout } from './account-news.ts';
import { client, staff, statusesIn, type Answer } from './call.ts';
import { isAlive, logIn, PASSWORD, randomName, register, versionIn } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const admin = staff('ADMIN');
const accounts = () => system.db.collection<{ _id: string }>('accounts');
const create = (json: object, as = admin): Promise<Answer> =>
  system.call('POST', '/v1/accounts', { json, as });
const patch = (id: string, json: object, as = admin): Promise<Answer> =>
  system.call('PATCH', `/v1/accounts/${id}`, { json, as });
const endSessions = (id: string, as = admin): Promise<Answer> =>
  system.call('DELETE', `/v1/accounts/${id}/sessions`, { as });

const NOT_ADMIN = [
  [401, {}],
  [403, staff('OPERATOR')],
  [403, staff('AUDITOR')],
  [403, staff('USER')],
  [403, client('accounts:read')],
] as const;

describe('an account that an ADMIN opens', () => {
  it('has the roles that were asked for, is not logged in, and is told like any other', async () => {
    const username = randomName();
    const email = 'Op@Example.com';
    const roles = ['AUDITOR', 'OPERATOR'];
    const answer = await create({ username, password: PASSWORD, email, displayName: 'Op', roles });
    const id = String(answer.body['id']);
    expect(answer).toMatchObject({
      status: 201,
      body: {
        username,
        email: 'op@example.com',
        displayName: 'Op',
        roles: ['OPERATOR', 'AUDITOR'],
        guest: false,
      },
    });
    expect(answer.body).not.toHaveProperty('tokens');
    expect(answer.headers.get('location')).toBe(`/v1/accounts/${id}`);
    expect(answer.headers.get('etag')).toBe('"2"');
    expect(await system.db.collection('sessions').countDocuments({ accountId: id })).toBe(0);
    expect((await logIn(system, username)).as.roles).toEqual(['OPERATOR', 'AUDITOR']);
    expect(await toldAbout(system, id, 'registered')).toMatchObject([{ accountVersion: 1, guest: false }]);
    expect(await toldAbout(system, id, 'roles-changed')).toEqual([
      { accountId: id, accountVersion: 2, roles: ['OPERATOR', 'AUDITOR'] },
    ]);
  });

  it('is opened once for an Idempotency-Key, and a repetition gets the same answer', async () => {
    const headers = { 'idempotency-key': randomName() };
    const json = { username: randomName(), password: PASSWORD };
    const again = (body: object) => system.call('POST', '/v1/accounts', { json: body, as: admin, headers });
    const [first, second] = [await again(json), await again(json)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body).toEqual(first.body);
    const other = await again({ ...json, username: randomName() });
    expect([other.status, other.body['code']]).toEqual([422, 'idempotency_key_reused']);
  });

  it('is a player unless something else is said', async () => {
    const answer = await create({ username: randomName(), password: PASSWORD });
    expect(answer).toMatchObject({ status: 201, body: { roles: ['USER'] } });
    expect(answer.headers.get('etag')).toBe('"1"');
  });

  it('has a name that nobody else has', async () => {
    const { username } = await register(system);
    const answer = await create({ username: username.toUpperCase(), password: PASSWORD });
    expect([answer.status, answer.body['code']]).toEqual([409, 'username_taken']);
    const same = randomName();
    const answers = await Promise.all([1, 2, 3].map(() => create({ username: same, password: PASSWORD })));
    expect(statusesIn(answers)).toEqual([201, 409, 409]);
  });

  it.each([
    ['no password', { password: undefined }, 'password'],
    ['an easy password', { password: 'password123' }, 'password'],
    ['no roles at all', { roles: [] }, 'roles'],
    ['an unknown role', { roles: ['KING'] }, 'roles.0'],
    ['a status', { status: 'banned' }, 'status'],
    ['an id', { id: 'acc_mine' }, 'id'],
    ['an invite', { inviteCode: 'SPRING' }, 'inviteCode'],
    ['guest', { guest: true }, 'guest'],
  ])('is not opened with %s', async (_, wrong, path) => {
    const username = randomName();
    const answer = await create({ username, password: PASSWORD, ...wrong });
    expect(answer).toMatchObject({ status: 400, body: { errors: [{ path }] } });
    expect(await accounts().countDocuments({ username })).toBe(0);
  });

  it.each(NOT_ADMIN)('is not opened (%i) for %j', async (status, as) => {
    const username = randomName();
    expect((await create({ username, password: PASSWORD }, as as typeof admin)).status).toBe(status);
    expect(await accounts().countDocuments({ username })).toBe(0);
  });
});

describe('a profile', () => {
  it('is changed by an ADMIN: what is named is replaced, null removes, the rest stays', async () => {
    const { id } = await register(system);
    await patch(id, { displayName: 'Rude', email: 'A@Example.com' });
    const answer = await patch(id, { displayName: null });
    expect(answer).toMatchObject({ status: 200, body: { displayName: null, email: 'a@example.com' } });
    expect(answer.headers.get('etag')).toBe('"3"');
    expect((await patch(id, {})).headers.get('etag')).toBe('"3"');
  });

  it('is changed of a banned account, and not of a deleted one or of nobody', async () => {
    const { id } = await register(system);
    const json = { status: 'banned', reason: 'rude name' };
    await system.call('PUT', `/v1/accounts/${id}/status`, { as: admin, json });
    expect((await patch(id, { displayName: 'Polite' })).status).toBe(200);
    await system.call('DELETE', `/v1/accounts/${id}`, { as: admin });
    expect(await patch(id, { displayName: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'account_deleted' },
    });
    expect(await patch('acc_nobody', {})).toMatchObject({ status: 404, body: { code: 'account_not_found' } });
  });

  it.each([
    { username: 'other' },
    { roles: ['ADMIN'] },
    { status: 'active' },
    { guest: true },
    { email: 'home' },
  ])('is nothing that %j changes', async (json) => {
    const { id } = await register(system);
    expect((await patch(id, json)).status).toBe(400);
    expect(await accounts().findOne({ _id: id })).toMatchObject({ version: 1 });
  });

  it.each(NOT_ADMIN)('is not changed (%i) for %j', async (status, as) => {
    const { id } = await register(system);
    expect((await patch(id, { displayName: 'x' }, as as typeof admin)).status).toBe(status);
    expect(await accounts().findOne({ _id: id })).toMatchObject({ version: 1 });
  });
});

describe('the sessions of an account', () => {
  it('are ended by an ADMIN, all at once with every access token, and may be ended again', async () => {
    const player = await register(system);
    const elsewhere = await logIn(system, player.username);
    expect([(await endSessions(player.id)).status, (await endSessions(player.id)).status]).toEqual([
      204, 204,
    ]);
    expect([await isAlive(system, player), await isAlive(system, elsewhere)]).toEqual([false, false]);
    const again = await logIn(system, player.username);
    expect(versionIn(again.tokens.accessToken)).toBeGreaterThan(versionIn(player.tokens.accessToken));
    const revoked = { accountId: player.id, minVersion: 2 };
    expect(await system.db.collection('revocations').countDocuments(revoked)).toBe(1);
  });

  it('of nobody are not found', async () => {
    expect(await endSessions('acc_nobody')).toMatchObject({
      status: 404,
      body: { code: 'account_not_found' },
    });
  });

  it.each(NOT_ADMIN)('are not ended (%i) for %j', async (status, as) => {
    const player = await register(system);
    expect((await endSessions(player.id, as as typeof admin)).status).toBe(status);
    expect(await isAlive(system, player)).toBe(true);
  });
});
