import { readFile } from 'node:fs/promises';
import { request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { buildService } from '../src/service.ts';
import { PASSWORD, register } from './player.ts';
import { ADMIN, collectLog, environment, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ instances: 3 });
});
afterAll(() => system.stop());

describe('instances that start at the same moment on an empty database', () => {
  it('agree on one signing key', async () => {
    const keySets = await Promise.all(
      [0, 1, 2].map((instance) => system.call('GET', '/.well-known/jwks.json', { instance, unsigned: true })),
    );
    expect(await system.db.collection('signingKeys').countDocuments()).toBe(1);
    for (const { status, body } of keySets) {
      expect(status).toBe(200);
      expect(body).toEqual(keySets[0]?.body);
    }
  });

  it('store the private part of the key so that it cannot be read', async () => {
    const [stored] = await system.db.collection('signingKeys').find().toArray();
    expect(stored?.['privateKey']).toEqual({
      iv: expect.any(String),
      ciphertext: expect.any(String),
      tag: expect.any(String),
    });
    expect(stored?.['publicJwk']).not.toHaveProperty('d');
  });

  it('do not start with another secret than the keys were stored with', async () => {
    const env = environment(system.db.databaseName, { AUTH_SECRET: 'another'.repeat(8) });
    const other = buildService(loadConfig(env), { logger: collectLog().logger });
    await expect(other.lifecycle.start()).rejects.toThrow('AUTH_SECRET is not the one it was stored with');
  });
});

it('a player who registered under the name of the first ADMIN is never promoted', async () => {
  const withoutAdmin = { BOOTSTRAP_ADMIN_USERNAME: '', BOOTSTRAP_ADMIN_PASSWORD: '' };
  const before = await startSystem({ env: withoutAdmin });
  const player = { username: ADMIN.username.toUpperCase(), password: PASSWORD };
  await before.call('POST', '/v1/auth/register', { json: player });
  const after = await startSystem({ database: before.db.databaseName });
  expect(await before.db.collection('accounts').find().toArray()).toMatchObject([{ roles: ['USER'] }]);
  expect(after.log).toContainEqual(expect.objectContaining({ level: 'error', username: ADMIN.username }));
  await after.stop();
  await before.stop();
});

describe('the service', () => {
  it('is ready when its stores are, and serves its description', async () => {
    expect(await system.call('GET', '/readyz', { unsigned: true })).toMatchObject({ status: 200 });
    expect(await system.call('GET', '/healthz', { unsigned: true })).toMatchObject({ status: 200 });
    const document = await system.call('GET', '/openapi.json', { unsigned: true });
    const stored = await readFile(new URL('../contracts/openapi.json', import.meta.url), 'utf8');
    expect(document.body).toEqual(JSON.parse(stored));
  });

  it.each([
    ['GET', '/v1/nothing', 404, 'not_found'],
    ['DELETE', '/v1/me', 405, 'method_not_allowed'],
    ['GET', '/v1/me', 401, 'unauthenticated'],
    ['GET', '/v1/accounts/../me', 400, 'ambiguous_path'],
    ['GET', '/v1//me', 400, 'ambiguous_path'],
  ])('answers %s %s with %i %s', async (method, target, status, code) => {
    const address = system.instances[0]?.http.address();
    const answer = await rawCall(address?.port ?? 0, method, target);
    expect([answer.status, answer.code]).toEqual([status, code]);
  });

  it('believes no identity headers but the signed ones', async () => {
    const { as } = await register(system);
    const headers = { 'x-user-id': as.userId, 'x-session-id': as.sessionId, 'x-user-roles': 'ADMIN' };
    for (const target of ['/v1/me', '/v1/accounts']) {
      expect((await system.call('GET', target, { unsigned: true, headers })).status).toBe(401);
      expect((await system.call('GET', target, { headers })).status).toBe(401);
    }
  });

  it('stops with requests in flight: each is answered', async () => {
    const own = await startSystem();
    const inFlight = Array.from({ length: 8 }, (_, index) =>
      own.call('POST', '/v1/auth/register', { json: { username: `in-flight-${index}`, password: PASSWORD } }),
    );
    // The first answer tells that the others have arrived as well.
    await Promise.race(inFlight);
    const stopped = own.stop();
    expect((await Promise.all(inFlight)).map(({ status }) => status)).toEqual(Array<number>(8).fill(201));
    await stopped;
  });
});

/** Sends the path as it is written; `fetch` would tidy it up. */
async function rawCall(
  port: number,
  method: string,
  path: string,
): Promise<{ status: number; code: unknown }> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    request({ port, method, path, host: '127.0.0.1' }, resolve).on('error', reject).end();
  });
  const body = await json(response);
  return {
    status: response.statusCode ?? 0,
    code: body instanceof Object && 'code' in body ? body.code : undefined,
  };
}
