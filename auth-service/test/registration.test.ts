import jsonwebtoken from 'jsonwebtoken';
import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { breachesOf } from './contracts.ts';
import { PASSWORD, playerIn, randomName } from './player.ts';
import { type Answer, statusesIn } from './call.ts';
import { eventually, ISSUER, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem();
});
afterAll(() => system.stop());

const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const accounts = () => system.db.collection<{ _id: string }>('accounts');

async function registering(json: unknown): Promise<Answer> {
  return await system.call('POST', '/v1/auth/register', { json });
}

describe('a registration', () => {
  it('opens an account, logs it in, and tells the others', async () => {
    const username = randomName();
    const answer = await system.call('POST', '/v1/auth/register', {
      json: {
        username,
        password: PASSWORD,
        email: ' Min@Example.com ',
        displayName: 'Min',
        inviteCode: 'SPRING-7KQ2',
      },
      headers: { traceparent: TRACEPARENT, 'user-agent': 'game/1.0' },
    });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body['account']).toEqual({
      id: expect.stringMatching(/^acc_[\w-]{22}$/),
      username,
      email: 'min@example.com',
      displayName: 'Min',
      roles: ['USER'],
      status: 'active',
      guest: false,
      createdAt: expect.any(String),
      updatedAt: expect.any(String),
    });
    expect(answer.body['tokens']).toMatchObject({ tokenType: 'Bearer', expiresIn: 600 });

    const { id } = playerIn(answer.body);
    expect(await accounts().findOne({ _id: id })).toMatchObject({
      passwordHash: expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/),
      version: 1,
      tokenVersion: 1,
    });
    expect(await system.db.collection('sessions').findOne({ accountId: id })).toMatchObject({
      device: 'game/1.0',
      address: '203.0.113.7',
      generation: 0,
    });

    const event = await eventually(() => {
      const found = system.sent.find(({ subject }) => subject === id);
      expect(found).toBeDefined();
      return found;
    });
    expect(event).toMatchObject({
      type: 'laurel.account.registered.v1',
      traceparent: expect.stringMatching(/^00-4bf92f3577b34da6a3ce929d0e0e4736-/),
      data: { accountId: id, accountVersion: 1, username, guest: false, inviteCode: 'SPRING-7KQ2' },
    });
    expect(event && breachesOf(event)).toEqual([]);
  });

  it('gives an access token that the published keys verify', async () => {
    const { tokens, id } = playerIn((await registering({ username: randomName(), password: PASSWORD })).body);
    const keySet = await system.call('GET', '/.well-known/jwks.json', { unsigned: true });
    const kid = jsonwebtoken.decode(tokens.accessToken, { complete: true })?.header.kid;
    const jwk = (keySet.body['keys'] as JsonWebKey[]).find((key) => key['kid'] === kid);
    expect(
      jsonwebtoken.verify(tokens.accessToken, createPublicKey({ key: jwk ?? {}, format: 'jwk' }), {
        algorithms: ['ES256'],
        issuer: ISSUER,
        audience: 'laurel',
      }),
    ).toMatchObject({ sub: id, roles: ['USER'], ver: 1, sid: expect.stringMatching(/^ses_/) });
  });

  it('leaves no password, token or hash in the log', async () => {
    const answer = await registering({ username: randomName(), password: PASSWORD });
    const { tokens } = playerIn(answer.body);
    const line = await eventually(() => {
      const found = system.log.find(({ requestId }) => requestId === answer.headers.get('x-request-id'));
      expect(found).toBeDefined();
      return found;
    });
    expect(line).toMatchObject({ message: 'request', route: '/v1/auth/register', status: 201 });
    const log = JSON.stringify(system.log);
    for (const secret of [PASSWORD, tokens.accessToken, tokens.refreshToken, '$argon2id$']) {
      expect(log).not.toContain(secret);
    }
  });

  it('of a name that is taken, in whatever case or width, is refused', async () => {
    const username = randomName();
    await registering({ username, password: PASSWORD });
    for (const same of [username.toUpperCase(), username.replace('p', 'ｐ')]) {
      const answer = await registering({ username: same, password: PASSWORD });
      expect([answer.status, answer.body['code']]).toEqual([409, 'username_taken']);
    }
  });

  it('at the same moment under one name succeeds once', async () => {
    const username = randomName();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => registering({ username, password: PASSWORD })),
    );
    expect(statusesIn(answers)).toEqual([201, ...Array<number>(9).fill(409)]);
    expect(await accounts().countDocuments({ username })).toBe(1);
  });

  it('with a password that is easy to guess is refused, and says why', async () => {
    const answer = await registering({ username: 'hollandaise', password: 'hollandaise1' });
    expect(answer).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        errors: [{ path: 'password', message: 'It must not be made of your name or e-mail address' }],
      },
    });
  });

  const valid = { username: 'never-stored', password: PASSWORD };
  it.each([
    ['a role', { ...valid, roles: ['ADMIN'] }, 'roles'],
    ['a status', { ...valid, status: 'active' }, 'status'],
    ['an unknown field', { ...valid, admin: true }, 'admin'],
    ['a query operator for a name', { ...valid, username: { $ne: '' } }, 'username'],
    ['a query operator for a password', { ...valid, password: { $gt: '' } }, 'password'],
    ['a name that is too short', { ...valid, username: 'ab' }, 'username'],
    ['an emoji in the name', { ...valid, username: 'cat🐈cat' }, 'username'],
    ['a null byte in the name', { ...valid, username: 'cat\0cat' }, 'username'],
    ['a null byte in the display name', { ...valid, displayName: 'cat\0cat' }, 'displayName'],
    ['a password of 129 characters', { ...valid, password: 'zebra-tooth-91'.repeat(10) }, 'password'],
    ['no address for e-mail', { ...valid, email: 'home' }, 'email'],
    ['a number for an invite code', { ...valid, inviteCode: 7 }, 'inviteCode'],
    ['no password', { username: 'never-stored' }, 'password'],
  ])('with %s is refused by the field, and nothing is stored', async (_, body, path) => {
    const answer = await registering(body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect(answer.body['errors']).toContainEqual({ path, message: expect.any(String) });
    expect(await accounts().countDocuments({ username: 'never-stored' })).toBe(0);
  });

  it.each([
    [400, 'malformed_json', { raw: '{"username":' }],
    [
      400,
      'invalid_request',
      { raw: '{"__proto__":{"roles":["ADMIN"]},"username":"never-stored","password":"zebra-tooth-91"}' },
    ],
    [400, 'invalid_request', { raw: '[]' }],
    [413, 'payload_too_large', { json: { username: 'never-stored', password: 'x'.repeat(1_100_000) } }],
    [415, 'unsupported_media_type', { form: { username: 'never-stored', password: PASSWORD } }],
    [401, 'unauthenticated', { json: valid, unsigned: true }],
  ])(
    'answers %i %s to what cannot be read or did not come through the gateway',
    async (status, code, options) => {
      const answer = await system.call('POST', '/v1/auth/register', options);
      expect([answer.status, answer.body['code']]).toEqual([status, code]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json');
      expect(await accounts().countDocuments({ username: 'never-stored' })).toBe(0);
    },
  );
});
