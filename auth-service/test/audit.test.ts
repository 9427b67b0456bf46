import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from 'service-kit/identity';
import { client, nextOf, staff, type Answer } from './call.ts';
import { logIn, PASSWORD, randomName, refresh, register, type Player } from './player.ts';
import { environment, eventually, startSystem, type System } from './system.ts';

let system: System;
const admin = staff('ADMIN');
const auditor = staff('AUDITOR');

beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

interface Entry {
  id: string;
  action: string;
  at: string;
  subject: { kind: string; id?: string };
  details?: Record<string, unknown>;
  [member: string]: unknown;
}

const entriesIn = ({ body }: Answer): Entry[] => body['items'] as Entry[];
const read = (query: string, as: Partial<Identity> = auditor): Promise<Answer> =>
  system.call('GET', `/v1/auth/audit?${query}`, { as });

/** The audit entries about an account, the newest first. */
const about = async ({ id }: Player, more = ''): Promise<Entry[]> =>
  entriesIn(await read(`accountId=${id}&limit=100${more}`));

describe('the audit trail', () => {
  it('tells of a registration and a login, with whom they were from and where', async () => {
    const player = await register(system);
    await logIn(system, player.username);
    const origin = {
      address: '203.0.113.7',
      device: expect.any(String),
      requestId: expect.any(String),
      traceparent: expect.any(String),
    };
    const subject = { kind: 'account', id: player.id };
    const rest = { result: 'done', details: { sessionId: expect.any(String) }, origin };
    expect(await about(player)).toMatchObject([
      { action: 'log-in', actor: subject, subject, ...rest },
      { action: 'register-account', actor: { kind: 'anonymous' }, subject, ...rest },
    ]);
  });

  it('tells of what somebody does with their own account', async () => {
    const player = await register(system);
    const other = await logIn(system, player.username);
    const third = await logIn(system, player.username);
    const { as } = player;
    await system.call('PATCH', '/v1/me', { json: { email: 'min@example.com' }, as });
    await system.call('PATCH', '/v1/me', { json: { email: 'min@example.com' }, as });
    await system.call('DELETE', `/v1/me/sessions/${other.as.sessionId}`, { as });
    const passwords = { currentPassword: PASSWORD, newPassword: 'tooth-zebra-19-moss' };
    await system.call('PUT', '/v1/me/password', { json: passwords, as });
    await system.call('POST', '/v1/auth/logout', { json: { scope: 'all' }, as });
    const actor = { kind: 'account', id: player.id, roles: ['USER'] };
    expect(third.id).toBe(player.id);
    expect((await about(player)).slice(0, 4)).toMatchObject([
      { action: 'log-out', actor, details: { scope: 'all', sessionId: as.sessionId } },
      { action: 'change-password', actor, result: 'done' },
      { action: 'end-session', actor, details: { sessionId: other.as.sessionId } },
      { action: 'update-profile', actor, details: { fields: ['email'] } },
    ]);
    expect(await about(player, '&action=update-profile')).toHaveLength(1);
  });

  it('tells of what staff did, to whom, and why', async () => {
    const player = await register(system);
    const path = `/v1/accounts/${player.id}`;
    const ban = { status: 'banned', reason: 'speed hack' };
    await system.call('PUT', `${path}/status`, { json: ban, as: staff('OPERATOR') });
    await system.call('PUT', `${path}/roles`, { json: { roles: ['USER', 'OPERATOR'] }, as: admin });
    expect((await about(player)).slice(0, 2)).toMatchObject([
      {
        action: 'replace-roles',
        actor: { kind: 'account', id: admin.userId, roles: ['ADMIN'] },
        result: 'done',
        details: { from: ['USER'], to: ['USER', 'OPERATOR'] },
      },
      {
        action: 'set-status',
        actor: { kind: 'account', id: 'acc_staff_OPERATOR' },
        result: 'done',
        reason: 'speed hack',
        details: { from: 'active', to: 'banned' },
      },
    ]);
    expect(entriesIn(await read(`actorId=acc_staff_OPERATOR`))).toMatchObject([{ action: 'set-status' }]);
  });

  it('tells of the first ADMIN, whom nobody made', async () => {
    const [entry] = entriesIn(await read('action=bootstrap-admin'));
    expect(entry).toMatchObject({
      actor: { kind: 'system', id: 'auth-service' },
      subject: { kind: 'account' },
    });
  });

  it('tells of what staff were refused', async () => {
    const player = await register(system);
    const colleague = await register(system);
    const path = `/v1/accounts/${colleague.id}`;
    const ban = { status: 'banned', reason: 'because' };
    await system.call('PUT', `${path}/roles`, { json: { roles: ['OPERATOR'] }, as: admin });
    await system.call('PUT', `${path}/status`, { json: ban, as: staff('OPERATOR') });
    const own = { ...player.as, roles: ['ADMIN' as const] };
    await system.call('PUT', `/v1/accounts/${player.id}/roles`, { json: { roles: ['ADMIN'] }, as: own });
    await system.call('PUT', `/v1/accounts/${player.id}/status`, { json: ban, as: own });
    const [root] = entriesIn(await read('action=bootstrap-admin'));
    const rootId = root?.subject.id ?? '';
    await system.call('PUT', `/v1/accounts/${rootId}/roles`, { json: { roles: ['USER'] }, as: admin });

    expect((await about(colleague))[0]).toMatchObject({
      action: 'set-status',
      actor: { id: 'acc_staff_OPERATOR' },
      result: 'refused',
      reason: 'staff_account',
      details: { to: 'banned' },
    });
    expect((await about(player)).slice(0, 2)).toMatchObject([
      { action: 'set-status', actor: { id: player.id }, result: 'refused', reason: 'self_status_change' },
      { action: 'replace-roles', actor: { id: player.id }, result: 'refused', reason: 'self_role_change' },
    ]);
    expect(entriesIn(await read(`accountId=${rootId}`))[0]).toMatchObject({
      action: 'replace-roles',
      result: 'refused',
      reason: 'last_admin',
    });
  });

  it('tells of failed logins: of the account where there is one, of an unreadable name where there is none', async () => {
    const { id, username } = await register(system);
    const unknown = `${randomName()}.x`;
    const fail = (name: string) =>
      system.call('POST', '/v1/auth/login', { json: { username: name, password: 'zebra-tooth-92' } });
    await fail(username);
    await fail(unknown);
    await fail(unknown.toUpperCase());
    const failed = { action: 'log-in', result: 'refused', reason: 'invalid_credentials' };
    expect(entriesIn(await read(`accountId=${id}`))[0]).toMatchObject({
      ...failed,
      actor: { kind: 'anonymous' },
    });
    const [one, other] = entriesIn(await read('action=log-in'));
    const subject = { kind: 'username', id: expect.stringMatching(/^[\w-]{43}$/) };
    expect(one).toMatchObject({ ...failed, subject });
    expect(other?.subject).toEqual(one?.subject);
  });

  it('tells of a wrong current password, and of a session that is not theirs', async () => {
    const player = await register(system);
    const passwords = { currentPassword: 'zebra-tooth-92', newPassword: 'tooth-zebra-19-moss' };
    await system.call('PUT', '/v1/me/password', { json: passwords, as: player.as });
    await system.call('DELETE', '/v1/me/sessions/ses_other', { as: player.as });
    expect((await about(player)).slice(0, 2)).toMatchObject([
      { action: 'end-session', result: 'refused', reason: 'session_not_found' },
      { action: 'change-password', result: 'refused', reason: 'wrong_password' },
    ]);
  });

  it('tells of a refresh token that came back', async () => {
    const player = await register(system);
    const second = await refresh(system, player.tokens.refreshToken);
    const third = await refresh(system, second.tokens?.refreshToken ?? '');
    expect(third.status).toBe(200);
    await refresh(system, player.tokens.refreshToken);
    expect((await about(player))[0]).toMatchObject({
      action: 'refresh-session',
      actor: { kind: 'anonymous' },
      result: 'refused',
      reason: 'refresh_token_reuse',
      details: { sessionId: player.as.sessionId },
    });
  });

  it('tells whom staff were shown by a search, and says nothing of service clients', async () => {
    const player = await register(system);
    const operator = { ...staff('OPERATOR'), userId: `acc_${randomName()}` };
    await system.call('GET', `/v1/accounts?query=${player.username}&status=active`, { as: operator });
    await system.call('GET', `/v1/accounts?query=${player.username}`, { as: client('accounts:read') });
    const searches = entriesIn(await read(`actorId=${operator.userId}`));
    expect(searches).toMatchObject([
      { action: 'search-accounts', details: { byName: true, status: 'active', shown: [player.id] } },
    ]);
    expect(entriesIn(await read('actorId=cli_game_server'))).toEqual([]);
  });

  it('tells who read it', async () => {
    const reader = { ...auditor, userId: `acc_${randomName()}` };
    await read('action=log-in', reader);
    expect(entriesIn(await read(`actorId=${reader.userId}`))).toMatchObject([
      { action: 'search-audit', details: { action: 'log-in' } },
    ]);
  });

  it('holds no password, token, name or e-mail address', async () => {
    const player = await register(system);
    const email = `${player.username}@example.com`;
    await system.call('PATCH', '/v1/me', { json: { email, displayName: 'Kim Min-jun' }, as: player.as });
    await system.call('GET', `/v1/accounts?query=${player.username}`, { as: admin });
    await system.call('POST', '/v1/auth/login', {
      json: { username: player.username, password: 'zebra-tooth-92' },
    });
    const { tokens } = await refresh(system, player.tokens.refreshToken);
    await system.call('POST', '/v1/auth/logout', { as: player.as });
    const all = JSON.stringify(await system.db.collection('audit').find().toArray());
    const secrets = [PASSWORD, 'zebra-tooth-92', player.username, 'Kim Min-jun', player.tokens.accessToken];
    for (const secret of [...secrets, player.tokens.refreshToken, tokens?.refreshToken ?? '?']) {
      expect(all).not.toContain(secret);
    }
  });

  it('stands or falls with the change', async () => {
    const player = await register(system);
    await system.db.command({ collMod: 'audit', validator: { action: { $ne: 'replace-roles' } } });
    const json = { roles: ['USER', 'OPERATOR'] };
    const answer = await system.call('PUT', `/v1/accounts/${player.id}/roles`, { json, as: admin });
    await system.db.command({ collMod: 'audit', validator: {} });
    expect(answer.status).toBe(500);
    const account = await system.call('GET', `/v1/accounts/${player.id}`, { as: admin });
    expect(account.body['roles']).toEqual(['USER']);
  });
});

describe('refusals without end', () => {
  it('are written five times a minute, and the rest is counted', async () => {
    const own = await startSystem({ env: { LOGIN_FAILURES_PER_ACCOUNT: '1000000' } });
    const { username } = await register(own);
    const trail = own.db.collection('audit');
    for (let n = 0; n < 12; n += 1) {
      await own.call('POST', '/v1/auth/login', { json: { username, password: 'zebra-tooth-92' } });
    }
    expect(await trail.countDocuments({ reason: 'invalid_credentials' })).toBe(5);
    await own.instances[0]?.lifecycle.stop();
    expect(await trail.findOne({ 'details.leftOut': { $exists: true } })).toMatchObject({
      action: 'log-in',
      reason: 'invalid_credentials',
      details: { leftOut: 7 },
      seal: expect.any(Number),
    });
    await own.stop();
  });
});

describe('reading it', () => {
  it.each([
    ['ADMIN', staff('ADMIN'), 200],
    ['AUDITOR', staff('AUDITOR'), 200],
    ['OPERATOR', staff('OPERATOR'), 403],
    ['USER', staff('USER'), 403],
    ['a client', client('accounts:read'), 403],
    ['nobody', {}, 401],
  ])('is for %s with %j: %i', async (_, as, status) => {
    expect((await read('', as)).status).toBe(status);
  });

  it('comes in pages, newest first, each entry once', async () => {
    const player = await register(system);
    for (let n = 0; n < 4; n += 1) await logIn(system, player.username);
    const seen: Entry[] = [];
    let target = `/v1/auth/audit?accountId=${player.id}&limit=2`;
    while (target !== '') {
      const page = await system.call('GET', target, { as: auditor });
      expect(page.status).toBe(200);
      seen.push(...entriesIn(page));
      target = nextOf(page);
    }
    expect(seen.map(({ action }) => action)).toEqual([
      ...Array<string>(4).fill('log-in'),
      'register-account',
    ]);
    expect(seen.map(({ id }) => id)).toEqual((await about(player)).map(({ id }) => id));
  });

  it('goes by time, with any offset, the end not included', async () => {
    const player = await register(system);
    const [entry] = await about(player);
    const at = new Date(entry?.at ?? '');
    const seoul = `${new Date(at.getTime() + 9 * 3_600_000).toISOString().slice(0, -1)}+09:00`;
    const next = new Date(at.getTime() + 1).toISOString();
    expect(await about(player, `&from=${encodeURIComponent(seoul)}&to=${next}`)).toHaveLength(1);
    expect(await about(player, `&to=${at.toISOString()}`)).toEqual([]);
    expect(await about(player, `&from=${next}`)).toEqual([]);
  });

  it('asks an index, whatever is asked', async () => {
    await system.db.command({ profile: 2 });
    const queries = [
      '',
      'accountId=a',
      'actorId=a',
      'action=log-in',
      'from=2026-01-01T00:00:00Z',
      'accountId=a&action=log-in',
    ];
    for (const query of queries) await read(query);
    await system.db.command({ profile: 0 });
    const found = await system.db
      .collection('system.profile')
      .find({ ns: /\.audit$/, op: 'query', 'command.sort': { at: -1, _id: -1 } })
      .toArray();
    expect(found).toHaveLength(queries.length);
    expect(
      found.filter((query) => !String(query['planSummary']).startsWith('IXSCAN') || query['hasSortStage']),
    ).toEqual([]);
  });

  it.each([
    ['action=fly', 'invalid_request'],
    ['from=yesterday', 'invalid_request'],
    ['accountId=', 'invalid_request'],
    ['limit=101', 'invalid_request'],
    ['cursor=x', 'invalid_cursor'],
  ])('answers %s with 400 %s', async (query, code) => {
    const { status, body } = await read(query);
    expect([status, body['code']]).toEqual([400, code]);
  });

  it('takes a cursor with the filters that it was made for alone', async () => {
    const { body } = await read('limit=1');
    expect((await read(`limit=1&action=log-in&cursor=${String(body['nextCursor'])}`)).status).toBe(400);
  });
});

it('npm run migrate makes the indexes of the service with the database alone', async () => {
  const name = `auth_test_${randomBytes(6).toString('hex')}`;
  const { MONGODB_URL = '' } = environment(name);
  const command = fileURLToPath(new URL('../src/commands/migrate.ts', import.meta.url));
  await promisify(execFile)(process.execPath, [command], { env: { MONGODB_URL, MONGODB_DATABASE: name } });
  const migrated = system.db.client.db(name);
  const names = (await migrated.collections()).map(({ collectionName }) => collectionName);
  expect(names).toEqual(expect.arrayContaining(['accounts', 'audit', 'ledger', 'sessions', 'signingKeys']));
  for (const collection of names) {
    const indexes = async (db: typeof migrated) =>
      new Set((await db.collection(collection).indexes()).map(({ name: index }) => index));
    expect(await indexes(migrated)).toEqual(await indexes(system.db));
  }
  await migrated.dropDatabase();
});

describe('npm run verify-audit', () => {
  const command = fileURLToPath(new URL('../src/commands/verify-audit.ts', import.meta.url));
  const verify = (
    env: Record<string, string> = {},
    ...args: string[]
  ): Promise<{ code: number; out: string }> =>
    new Promise((resolve) => {
      const {
        MONGODB_URL = '',
        MONGODB_DATABASE = '',
        AUTH_SECRET = '',
      } = environment(system.db.databaseName, env);
      // It uses these and asks for no others.
      const options = { env: { MONGODB_URL, MONGODB_DATABASE, AUTH_SECRET } };
      execFile(process.execPath, [command, ...args], options, (error, out, problems) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, out: out + problems });
      });
    });

  it('finds nothing wrong, until somebody changes an entry in the database', async () => {
    const player = await register(system);
    await eventually(async () => expect((await about(player))[0]?.['seal']).toEqual(expect.any(Number)));
    expect(await verify()).toMatchObject({ code: 0, out: expect.stringContaining(': 0 findings') });
    const audit = system.db.collection('audit');
    const [entry] = await audit.find({ 'subject.id': player.id }).toArray();
    await audit.updateOne({ _id: entry?._id }, { $set: { 'origin.address': '198.51.100.9' } });
    expect(await verify()).toMatchObject({ code: 1, out: expect.stringContaining('entry_changed  seal') });
  }, 60_000);

  it('believes nothing that was made under another secret', async () => {
    await register(system);
    const { code, out } = await verify({ AUTH_SECRET: 'another'.repeat(8) });
    expect([code, out]).toEqual([1, expect.stringContaining('seal_changed')]);
  }, 60_000);

  it('ends with 2 for an argument that it does not know', async () => {
    expect((await verify({}, '--tail')).code).toBe(2);
  });
});
