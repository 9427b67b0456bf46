import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { staff, statusesIn, type Answer } from './call.ts';
import { register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;
beforeAll(async () => {
  system = await startSystem({ instances: 2 });
});
afterAll(() => system.stop());
beforeEach(async () => {
  player = await register(system);
});

const admin = staff('ADMIN');
const readMe = (headers: Record<string, string> = {}): Promise<Answer> =>
  system.call('GET', '/v1/me', { as: player.as, headers });
const patchMe = (json: object, headers: Record<string, string> = {}, instance = 0): Promise<Answer> =>
  system.call('PATCH', '/v1/me', { as: player.as, json, headers, instance });

describe('an account that is read', () => {
  const read = (target: () => string, as: () => Player['as']) => (headers: Record<string, string>) =>
    system.call('GET', target(), { as: as(), headers });

  it.each([
    [
      'by its owner',
      read(
        () => '/v1/me',
        () => player.as,
      ),
    ],
    [
      'by staff',
      read(
        () => `/v1/accounts/${player.id}`,
        () => ({ ...player.as, ...admin }),
      ),
    ],
  ])('%s is 304 until anybody changes it', async (_, get) => {
    const etag = (await get({})).headers.get('etag') ?? '';
    expect(await get({ 'if-none-match': `"x", ${etag}` })).toMatchObject({ status: 304, body: {} });
    await patchMe({ displayName: 'Min' });
    const answer = await get({ 'if-none-match': etag });
    expect(answer).toMatchObject({ status: 200, body: { displayName: 'Min' } });
    expect(answer.headers.get('etag')).not.toBe(etag);
  });

  it('is kept for one caller alone, since another has the same tag at the same path', async () => {
    const other = await register(system);
    const answers = await Promise.all([readMe(), system.call('GET', '/v1/me', { as: other.as })]);
    for (const { headers } of answers) {
      expect(['etag', 'cache-control', 'vary'].map((name) => headers.get(name))).toEqual([
        '"1"',
        'private, no-cache',
        'authorization',
      ]);
    }
  });
});

describe('If-Match', () => {
  it('keeps a change from being lost: the second of two is 412, with the tag of the first', async () => {
    const etag = (await readMe()).headers.get('etag') ?? '';
    expect((await patchMe({ displayName: 'One' }, { 'if-match': etag })).status).toBe(200);
    const second = await patchMe({ displayName: 'Two' }, { 'if-match': etag });
    expect(second).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(second.headers.get('etag')).toBe('"2"');
    expect((await readMe()).body).toMatchObject({ displayName: 'One' });
    expect((await patchMe({ displayName: 'Two' }, { 'if-match': '"2"' })).status).toBe(200);
  });

  it('lets one of many changes on one version through, whichever instance they reach', async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        patchMe({ displayName: `Name ${index}` }, { 'if-match': '"1"' }, index % 2),
      ),
    );
    expect(statusesIn(answers)).toEqual([200, ...Array.from({ length: 11 }, () => 412)]);
    expect((await readMe()).headers.get('etag')).toBe('"2"');
  });

  it('that is stale refuses what would change nothing as well', async () => {
    expect((await patchMe({}, { 'if-match': '"9"' })).status).toBe(412);
    expect((await patchMe({}, { 'if-match': '*' })).status).toBe(200);
  });

  it.each<[string, () => [method: string, target: string, json?: object]]>([
    ['a change of the profile', () => ['PATCH', `/v1/accounts/${player.id}`, { displayName: 'By staff' }]],
    ['other roles', () => ['PUT', `/v1/accounts/${player.id}/roles`, { roles: ['AUDITOR'] }]],
    ['a ban', () => ['PUT', `/v1/accounts/${player.id}/status`, { status: 'banned', reason: 'x' }]],
    ['a deletion', () => ['DELETE', `/v1/accounts/${player.id}`]],
    ['a restore', () => ['POST', `/v1/accounts/${player.id}/restore`]],
  ])('holds for %s', async (_, request) => {
    const [method, target, json] = request();
    const send = (tag: string) =>
      system.call(method, target, { as: admin, json, headers: { 'if-match': tag } });
    const before = await system.db.collection<{ _id: string }>('accounts').findOne({ _id: player.id });
    expect(await send('"9"')).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
    expect(await send('nothing')).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'header.if-match' }] },
    });
    expect(await system.db.collection<{ _id: string }>('accounts').findOne({ _id: player.id })).toEqual(
      before,
    );
    expect([200, 204]).toContain((await send('"1"')).status);
  });

  it('is asked for by nobody: without it the last change stands', async () => {
    expect((await patchMe({ displayName: 'One' })).status).toBe(200);
    expect((await patchMe({ displayName: 'Two' })).status).toBe(200);
  });

  it('that is stale is a refusal, which the audit trail records', async () => {
    await system.call('PATCH', `/v1/accounts/${player.id}`, {
      as: admin,
      json: { displayName: 'Late' },
      headers: { 'if-match': '"9"' },
    });
    const { body } = await system.call('GET', `/v1/auth/audit?accountId=${player.id}`, {
      as: staff('AUDITOR'),
    });
    expect(JSON.stringify(body)).toContain('precondition_failed');
  });
});

describe('a name that shows nothing', () => {
  it.each(['\u3164', '\u200D', '\u2800', '\uFE0F', '\u115F\u1160', 'q\u0301\u0302\u0303\u0304\u0305'])(
    '%j is refused at every door',
    async (displayName) => {
      const wrong = { status: 400, body: { errors: [{ path: 'displayName' }] } };
      expect(await patchMe({ displayName })).toMatchObject(wrong);
      const json = { displayName };
      expect(await system.call('PATCH', `/v1/accounts/${player.id}`, { as: admin, json })).toMatchObject(
        wrong,
      );
      const client = { name: displayName, scopes: ['accounts:read'] };
      expect(await system.call('POST', '/v1/clients', { as: admin, json: client })).toMatchObject({
        status: 400,
        body: { errors: [{ path: 'name' }] },
      });
    },
  );

  it('is read like any other where it was stored before', async () => {
    const accounts = system.db.collection<{ _id: string }>('accounts');
    await accounts.updateOne({ _id: player.id }, { $set: { displayName: '\u3164' } });
    expect((await readMe()).body).toMatchObject({ displayName: '\u3164' });
    const list = await system.call('GET', `/v1/accounts?ids=${player.id}`, { as: admin });
    expect(list).toMatchObject({ status: 200, body: { items: [{ displayName: '\u3164' }] } });
    expect((await patchMe({ email: 'a@example.com' })).status).toBe(200);
  });
});
