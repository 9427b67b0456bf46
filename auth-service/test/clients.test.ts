import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { client, nextOf, staff, type Answer, type CallOptions } from './call.ts';
import { createClient, Made } from './service-client.ts';
import { register } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const as = staff('ADMIN');
const create = (json: unknown): Promise<Answer> => system.call('POST', '/v1/clients', { as, json });
const remove = (id: string): Promise<Answer> => system.call('DELETE', `/v1/clients/${id}`, { as });
const rotate = (id: string): Promise<Answer> =>
  system.call('POST', `/v1/clients/${id}/rotate-secret`, { as });
const stored = (id: string) => system.db.collection<{ _id: string }>('clients').findOne({ _id: id });

describe('a service client', () => {
  it('is made with a secret that is shown once and kept by nobody', async () => {
    const answer = await create({
      name: 'Game server',
      scopes: ['claims:read', 'activity:write', 'claims:read'],
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^cli_/),
      name: 'Game server',
      scopes: ['activity:write', 'claims:read'],
      createdAt: expect.any(String),
      secret: expect.stringMatching(/^laurel_cs_[\w-]{43}$/),
    });
    const { id, secret } = Made.parse(answer.body);
    expect(JSON.stringify(await stored(id))).not.toContain(secret);
    const listed = await system.call('GET', '/v1/clients', { as });
    expect(JSON.stringify(listed.body)).toContain(id);
    expect(JSON.stringify(listed.body)).not.toMatch(/secret|hash/i);
  });

  it.each([
    ['an unknown scope', { name: 'x', scopes: ['accounts:write'] }],
    ['a role for a scope', { name: 'x', scopes: ['ADMIN'] }],
    ['no scope', { name: 'x', scopes: [] }],
    ['no scopes', { name: 'x' }],
    ['no name', { scopes: ['claims:read'] }],
    ['an empty name', { name: '  ', scopes: ['claims:read'] }],
    ['a name of two lines', { name: 'a\nb', scopes: ['claims:read'] }],
    ['a query operator', { name: { $ne: '' }, scopes: { $in: [] } }],
    ['a secret of its own', { name: 'x', scopes: ['claims:read'], secret: 'mine' }],
  ])('with %s is a bad request', async (_, json) => {
    const answer = await create(json);
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_request']);
  });

  it('gets another secret, which is shown once as well', async () => {
    const made = await createClient(system, 'claims:read');
    const answer = await rotate(made.id);
    expect(answer).toMatchObject({ status: 200, body: { id: made.id, scopes: ['claims:read'] } });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body['secret']).toMatch(/^laurel_cs_/);
    expect(answer.body['secret']).not.toBe(made.secret);
  });

  it('can be removed, once, and gateways are told to refuse its tokens', async () => {
    const { id } = await createClient(system, 'claims:read');
    expect((await remove(id)).status).toBe(204);
    const revocation = { accountId: id, minVersion: 2 };
    expect(await system.db.collection('revocations').findOne({ accountId: id })).toMatchObject(revocation);
    await eventually(() =>
      expect(system.sent).toContainEqual(
        expect.objectContaining({ type: 'laurel.sessions.revoked.v1', data: revocation }),
      ),
    );
    for (const answer of [await remove(id), await rotate(id)]) {
      expect([answer.status, answer.body['code']]).toEqual([404, 'client_not_found']);
    }
  });

  it('leaves in the audit trail who made it, gave it a secret and removed it, and no secret', async () => {
    const { id, secret } = await createClient(system, 'claims:read');
    await rotate(id);
    await remove(id);
    await remove(id);
    await eventually(async () => {
      const { body } = await system.call('GET', `/v1/auth/audit?accountId=${id}`, { as: staff('AUDITOR') });
      const actor = { kind: 'account', id: as.userId, roles: ['ADMIN'] };
      const subject = { kind: 'client', id };
      expect(body['items']).toMatchObject([
        { action: 'delete-client', actor, subject, result: 'refused', reason: 'client_not_found' },
        { action: 'delete-client', actor, subject, result: 'done' },
        { action: 'rotate-client-secret', actor, subject, result: 'done' },
        { action: 'create-client', actor, subject, result: 'done', details: { scopes: ['claims:read'] } },
      ]);
      expect(JSON.stringify(body)).not.toContain(secret);
    });
  });

  it('is listed by pages, the newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) ids.unshift((await createClient(system, 'claims:read')).id);
    const first = await system.call('GET', '/v1/clients?limit=2', { as: staff('AUDITOR') });
    const second = await system.call('GET', nextOf(first), { as: staff('AUDITOR') });
    expect([first.status, second.status]).toEqual([200, 200]);
    const items = [first, second].flatMap(({ body }) => body['items']);
    expect(items.slice(0, 3)).toMatchObject(ids.map((id) => ({ id })));
  });

  it('is not listed after a cursor of something else', async () => {
    const answer = await system.call('GET', '/v1/clients?cursor=nonsense', { as });
    expect([answer.status, answer.body['code']]).toEqual([400, 'invalid_cursor']);
  });
});

describe('service clients are the business of', () => {
  const json = { name: 'x', scopes: ['claims:read'] };
  const calls: [string, string, CallOptions][] = [
    ['POST', '/v1/clients', { json }],
    ['GET', '/v1/clients', {}],
    ['DELETE', '/v1/clients/cli_1', {}],
    ['POST', '/v1/clients/cli_1/rotate-secret', {}],
  ];

  it.each(calls)('ADMIN alone, except that AUDITOR reads: %s %s', async (method, target, options) => {
    const player = await register(system);
    const reads = method === 'GET';
    const callers: [CallOptions, number][] = [
      [{}, 401],
      [{ as: player.as }, 403],
      [{ as: staff('OPERATOR') }, 403],
      [{ as: staff('AUDITOR') }, reads ? 200 : 403],
      [{ as: client('accounts:read', 'entitlements:write') }, 403],
    ];
    for (const [caller, status] of callers) {
      expect((await system.call(method, target, { ...options, ...caller })).status).toBe(status);
    }
  });
});
