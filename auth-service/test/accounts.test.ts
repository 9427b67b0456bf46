import type { CloudEvent } from 'service-kit/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breachesOf } from './contracts.ts';
import { logIn, register, type Player } from './player.ts';
import { client, staff, type Answer, statusesIn } from './call.ts';
import { ADMIN, eventually, startSystem, type System } from './system.ts';

let system: System;
let admin: Player;

beforeAll(async () => {
  system = await startSystem({ instances: 2 });
  admin = await logIn(system, ADMIN.username, ADMIN.password);
});
afterAll(() => system.stop());

const accounts = () => system.db.collection<{ _id: string }>('accounts');

async function put(id: string, what: 'roles' | 'status', json: unknown, as = admin.as): Promise<Answer> {
  return await system.call('PUT', `/v1/accounts/${id}/${what}`, { json, as });
}
const ban = (id: string, as?: Player['as']): Promise<Answer> =>
  put(id, 'status', { status: 'banned', reason: 'speed hack' }, as);

/** Makes an account staff and logs it in again, so that its token says so. */
async function registerStaff(...roles: string[]): Promise<Player> {
  const { id, username } = await register(system);
  await put(id, 'roles', { roles });
  return await logIn(system, username);
}

async function messagesAbout(id: string, count: number): Promise<CloudEvent[]> {
  const found = await eventually(() => {
    const about = system.sent.filter(
      ({ type, subject }) => type.startsWith('laurel.account.') && subject === id,
    );
    expect(about).toHaveLength(count);
    return about;
  });
  for (const event of found) expect(breachesOf(event)).toEqual([]);
  return found;
}

describe('the first ADMIN', () => {
  it('is made once, however many instances start at the same time', async () => {
    expect(await accounts().countDocuments({ roles: 'ADMIN' })).toBe(1);
    expect(admin.as.roles).toEqual(['ADMIN']);
  });

  it('is told to the others like any account, with its role', async () => {
    const told = await messagesAbout(admin.id, 2);
    expect(told.map(({ type, data }) => [type, data])).toEqual(
      expect.arrayContaining([
        [
          'laurel.account.registered.v1',
          expect.objectContaining({ accountVersion: 1, username: ADMIN.username }),
        ],
        ['laurel.account.roles-changed.v1', { accountId: admin.id, accountVersion: 2, roles: ['ADMIN'] }],
      ]),
    );
  });
});

describe('roles', () => {
  it('are replaced by an ADMIN, all at once, and told to the others', async () => {
    const { id } = await register(system);
    const answer = await put(id, 'roles', { roles: ['OPERATOR', 'USER', 'OPERATOR'] });
    expect(answer).toMatchObject({ status: 200, body: { id, roles: ['USER', 'OPERATOR'] } });
    expect(answer.headers.get('etag')).toBe('"2"');
    expect(await accounts().findOne({ _id: id })).toMatchObject({ version: 2, tokenVersion: 2 });
    const told = await messagesAbout(id, 2);
    expect(told.find(({ type }) => type.includes('roles-changed'))?.data).toEqual({
      accountId: id,
      accountVersion: 2,
      roles: ['USER', 'OPERATOR'],
    });
  });

  it('that an account has already change nothing and tell nobody', async () => {
    const { id } = await register(system);
    expect((await put(id, 'roles', { roles: ['USER'] })).headers.get('etag')).toBe('"1"');
    await messagesAbout(id, 1);
  });

  it('of oneself are not changed', async () => {
    const answer = await put(admin.id, 'roles', { roles: ['USER'] });
    expect([answer.status, answer.body['code']]).toEqual([403, 'self_role_change']);
  });

  it('of the last ADMIN are not taken away, also not by one whose token outlived the role', async () => {
    const answer = await put(admin.id, 'roles', { roles: ['USER'] }, { ...admin.as, userId: 'acc_former' });
    expect([answer.status, answer.body['code']]).toEqual([409, 'last_admin']);
  });

  it('of two ADMINs who demote each other at the same moment: one stays', async () => {
    const second = await registerStaff('ADMIN');
    const answers = await Promise.all([
      put(second.id, 'roles', { roles: ['USER'] }, admin.as),
      put(admin.id, 'roles', { roles: ['USER'] }, second.as),
    ]);
    expect(statusesIn(answers)).toEqual([200, 409]);
    expect(await accounts().countDocuments({ roles: 'ADMIN', status: 'active' })).toBe(1);
    const [left] = await accounts().find({ roles: 'ADMIN' }).toArray();
    if (left?._id !== admin.id) {
      await put(admin.id, 'roles', { roles: ['ADMIN'] }, second.as);
      await put(second.id, 'roles', { roles: ['USER'] }, admin.as);
    }
  });

  it.each([
    [400, { roles: [] }, undefined],
    [400, { roles: ['KING'] }, undefined],
    [400, { roles: 'ADMIN' }, undefined],
    [400, { roles: ['USER'], status: 'active' }, undefined],
    [403, { roles: ['USER'] }, staff('OPERATOR')],
    [403, { roles: ['USER'] }, staff('AUDITOR')],
    [403, { roles: ['USER'] }, client('accounts:read')],
    [401, { roles: ['USER'] }, {}],
  ])('answer %i to %j by %j', async (status, json, as) => {
    const { id } = await register(system);
    const answer = await system.call('PUT', `/v1/accounts/${id}/roles`, { json, as: as ?? admin.as });
    expect(answer.status).toBe(status);
  });

  it('of nobody are not found', async () => {
    const answer = await put('acc_nobody', 'roles', { roles: ['USER'] });
    expect([answer.status, answer.body['code']]).toEqual([404, 'account_not_found']);
  });
});

describe('the status', () => {
  it('banned ends every session, and is told to the others with its reason', async () => {
    const { id } = await register(system);
    expect(await ban(id)).toMatchObject({ status: 200, body: { id, status: 'banned' } });
    expect(await accounts().findOne({ _id: id })).toMatchObject({ version: 2, tokenVersion: 2 });
    const sessions = system.db.collection('sessions');
    await eventually(async () => expect(await sessions.countDocuments({ accountId: id })).toBe(0));
    const told = await messagesAbout(id, 2);
    expect(told.find(({ type }) => type.includes('status-changed'))?.data).toEqual({
      accountId: id,
      accountVersion: 2,
      status: 'banned',
      reason: 'speed hack',
    });
  });

  it('banned twice is one change; active again is another', async () => {
    const { id } = await register(system);
    await ban(id);
    expect((await ban(id)).headers.get('etag')).toBe('"2"');
    const answer = await put(id, 'status', { status: 'active', reason: 'appeal' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'active' } });
    const told = await messagesAbout(id, 3);
    expect(told.map(({ data }) => data)).toContainEqual({
      accountId: id,
      accountVersion: 3,
      status: 'active',
      reason: 'appeal',
    });
  });

  it('is set by an OPERATOR for players alone', async () => {
    const operator = await registerStaff('OPERATOR');
    const player = await register(system);
    const colleague = await registerStaff('USER', 'AUDITOR');
    expect((await ban(player.id, operator.as)).status).toBe(200);
    expect(await ban(colleague.id, operator.as)).toMatchObject({
      status: 403,
      body: { code: 'staff_account' },
    });
    expect((await ban(colleague.id)).status).toBe(200);
  });

  it('of oneself is not set', async () => {
    expect(await ban(admin.id)).toMatchObject({ status: 403, body: { code: 'self_status_change' } });
  });

  it('of the last ADMIN is not set to banned', async () => {
    const answer = await ban(admin.id, { ...admin.as, userId: 'acc_former' });
    expect([answer.status, answer.body['code']]).toEqual([409, 'last_admin']);
  });

  it('of a deleted account is not set', async () => {
    const { id } = await register(system);
    await accounts().updateOne({ _id: id }, { $set: { status: 'deleted' } });
    expect(await ban(id)).toMatchObject({ status: 409, body: { code: 'account_deleted' } });
  });

  it.each([
    [400, { status: 'deleted', reason: 'x' }, undefined],
    [400, { status: 'banned' }, undefined],
    [400, { status: 'banned', reason: '' }, undefined],
    [400, { status: 'banned', reason: 'x', by: 'me' }, undefined],
    [403, { status: 'banned', reason: 'x' }, staff('USER')],
    [403, { status: 'banned', reason: 'x' }, staff('AUDITOR')],
    [403, { status: 'banned', reason: 'x' }, client('accounts:read')],
    [401, { status: 'banned', reason: 'x' }, {}],
  ])('answers %i to %j by %j', async (status, json, as) => {
    const { id } = await register(system);
    const answer = await system.call('PUT', `/v1/accounts/${id}/status`, { json, as: as ?? admin.as });
    expect(answer.status).toBe(status);
    expect(await accounts().findOne({ _id: id })).toMatchObject({ status: 'active' });
  });
});
