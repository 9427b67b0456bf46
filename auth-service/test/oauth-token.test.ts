import jsonwebtoken from 'jsonwebtoken';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { staff, type Answer, type CallOptions } from './call.ts';
import { identityIn, isAlive, PASSWORD, randomName, refresh, register, versionIn } from './player.ts';
import { basic, clientToken, createClient, rotateSecret, type Made } from './service-client.ts';
import { eventually, ISSUER, startSystem, type System } from './system.ts';

let system: System;
let now = new Date();
let made: Made;
beforeAll(async () => {
  system = await startSystem({ overrides: { clock: () => now } });
  made = await createClient(system, 'accounts:read', 'activity:write');
});
afterAll(() => system.stop());

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const DAY_MS = 86_400_000;
const ask = (form: Record<string, string>, headers?: Record<string, string>): Promise<Answer> =>
  system.call('POST', '/oauth/token', { form, ...(headers && { headers }) });
const credentials = { grant_type: 'client_credentials' };
const logIn = (username: string, password = PASSWORD): Promise<Answer> =>
  ask({ grant_type: 'password', username, password });
const claimsOf = (token: unknown): object =>
  jsonwebtoken.decode(z.string().parse(token), { json: true }) ?? {};

function expectError(answer: Answer, status: number, error: string): void {
  expect([answer.status, answer.body['error']]).toEqual([status, error]);
  expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
  expect(answer.body['error_description']).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
  expect(answer.headers.get('content-type')).toContain('application/json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

describe('a player', () => {
  it('logs in and goes on, by the same sessions as with the API of its own', async () => {
    const player = await register(system);
    const answer = await logIn(player.username);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.any(String),
    });
    const refreshToken = String(answer.body['refresh_token']);
    const next = await ask({ grant_type: 'refresh_token', refresh_token: refreshToken });
    expect(next.status).toBe(200);
    expect(next.headers.get('cache-control')).toBe('no-store');
    // The successor is the same at both doors.
    expect((await refresh(system, refreshToken)).tokens?.refreshToken).toBe(next.body['refresh_token']);
  });

  it('gets a token with roles and never with scopes', async () => {
    const { username } = await register(system);
    const { body } = await logIn(username);
    expect(claimsOf(body['access_token'])).toMatchObject({ roles: ['USER'] });
    expect(claimsOf(body['access_token'])).not.toHaveProperty('scope');
    expectError(
      await ask({ grant_type: 'password', username, password: PASSWORD, scope: 'accounts:read' }),
      400,
      'invalid_scope',
    );
  });

  it('with a wrong password, an unknown name and a deleted account get one and the same answer', async () => {
    const { username } = await register(system);
    const deleted = await register(system);
    await system.db
      .collection<{ _id: string }>('accounts')
      .updateOne({ _id: deleted.id }, { $set: { status: 'deleted' } });
    const answers = [
      await logIn(username, 'zebra-tooth-92'),
      await logIn(randomName()),
      await logIn(deleted.username),
    ];
    for (const answer of answers) {
      expectError(answer, 400, 'invalid_grant');
      expect(answer.body).toEqual(answers[0]?.body);
    }
  });

  it('who is banned is told so with the right password alone', async () => {
    const { id, username } = await register(system);
    const json = { status: 'banned', reason: 'test' };
    await system.call('PUT', `/v1/accounts/${id}/status`, { json, as: staff('ADMIN') });
    const right = await logIn(username);
    expectError(right, 400, 'invalid_grant');
    expect(right.body['error_description']).toBe('This account is banned');
    expect((await logIn(username, 'zebra-tooth-92')).body['error_description']).not.toContain('banned');
  });

  it('who guesses is stopped at this door by what was guessed at the other', async () => {
    const env = { LOGIN_FAILURES_PER_ACCOUNT: '1' };
    const own = await startSystem({ env });
    const { username } = await register(own);
    const wrong = { username, password: 'zebra-tooth-92' };
    await own.call('POST', '/v1/auth/login', { json: wrong });
    const answer = await own.call('POST', '/oauth/token', { form: { grant_type: 'password', ...wrong } });
    expectError(answer, 429, 'temporarily_unavailable');
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    await own.stop();
  });

  it('whose replaced refresh token comes back loses the session', async () => {
    const player = await register(system);
    const first = player.tokens.refreshToken;
    const child = await ask({ grant_type: 'refresh_token', refresh_token: first });
    const grandchild = await ask({
      grant_type: 'refresh_token',
      refresh_token: String(child.body['refresh_token']),
    });
    expectError(await ask({ grant_type: 'refresh_token', refresh_token: first }), 400, 'invalid_grant');
    const head = String(grandchild.body['refresh_token']);
    expectError(await ask({ grant_type: 'refresh_token', refresh_token: head }), 400, 'invalid_grant');
  });

  it('cannot refresh with an access token', async () => {
    const player = await register(system);
    const form = { grant_type: 'refresh_token', refresh_token: player.tokens.accessToken };
    expectError(await ask(form), 400, 'invalid_grant');
    expect(await isAlive(system, player)).toBe(true);
  });

  it('is not somebody that a service client acts for', async () => {
    const player = await register(system);
    const { username } = player;
    const forms: Record<string, string>[] = [
      { grant_type: 'password', username, password: PASSWORD },
      { grant_type: 'refresh_token', refresh_token: player.tokens.refreshToken },
    ];
    for (const form of forms) {
      expectError(await ask(form, basic(made)), 400, 'unauthorized_client');
    }
    expect(await isAlive(system, player)).toBe(true);
  });
});

describe('a service client', () => {
  it('gets a token in its own name, with its scopes, without roles, session or refresh token', async () => {
    const answer = await ask(credentials, basic(made));
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'activity:write accounts:read',
    });
    const claims = claimsOf(answer.body['access_token']);
    expect(claims).toMatchObject({
      iss: ISSUER,
      sub: made.id,
      ver: 1,
      scope: 'activity:write accounts:read',
    });
    for (const name of ['roles', 'sid']) expect(claims).not.toHaveProperty(name);
  });

  it('may name itself in the body', async () => {
    const answer = await ask({ ...credentials, client_id: made.id, client_secret: made.secret });
    expect(answer.status).toBe(200);
  });

  it('gets the scopes that it asks for', async () => {
    const answer = await ask({ ...credentials, scope: 'activity:write' }, basic(made));
    expect(answer.body).toMatchObject({ scope: 'activity:write' });
    expect(claimsOf(answer.body['access_token'])).toMatchObject({ scope: 'activity:write' });
  });

  it.each([
    'claims:read',
    'activity:write claims:read',
    'nonsense',
    'activity:write  accounts:read',
    'ADMIN',
    '"',
  ])('does not get %s, which it does not hold', async (scope) => {
    expectError(await ask({ ...credentials, scope }, basic(made)), 400, 'invalid_scope');
  });

  it('that is unknown gets the answer of a wrong secret', async () => {
    const answers = [
      await ask(credentials, basic({ ...made, secret: 'wrong' })),
      await ask(credentials, basic({ ...made, id: 'cli_unknown' })),
      await ask({ ...credentials, client_id: made.id, client_secret: 'wrong' }),
    ];
    for (const answer of answers) {
      expectError(answer, 401, 'invalid_client');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
      expect(answer.body).toEqual(answers[0]?.body);
    }
  });

  it('whose secret is guessed at finds that in the audit trail', async () => {
    const target = await createClient(system, 'claims:read');
    await ask(credentials, basic({ ...target, secret: 'wrong' }));
    await eventually(async () => {
      const path = `/v1/auth/audit?accountId=${target.id}&action=authenticate-client`;
      const { body } = await system.call('GET', path, { as: staff('AUDITOR') });
      expect(body['items']).toMatchObject([{ result: 'refused', reason: 'invalid_client' }]);
    });
  });

  it.each([
    ['no credentials', {}, {}],
    ['an id alone', { client_id: 'cli_1' }, {}],
    ['credentials that cannot be read', {}, { authorization: 'Basic ???' }],
    ['a query operator for an id', { 'client_id[$ne]': '', client_secret: 'x', client_id: '[$ne]' }, {}],
  ])('with %s is not let in', async (_, form, headers) => {
    const answer = await ask({ ...credentials, ...form }, headers);
    expectError(answer, 401, 'invalid_client');
    expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  it('has two secrets after a rotation, until the overlap is over, and never three', async () => {
    const first = await createClient(system, 'claims:read');
    const second = await rotateSecret(system, first);
    const works = async (one: Made): Promise<boolean> => (await ask(credentials, basic(one))).status === 200;
    expect([await works(first), await works(second)]).toEqual([true, true]);
    const third = await rotateSecret(system, first);
    expect([await works(first), await works(second), await works(third)]).toEqual([false, true, true]);
    now = new Date(now.getTime() + DAY_MS);
    expect([await works(second), await works(third)]).toEqual([false, true]);
  });

  it('that was removed gets nothing more', async () => {
    const gone = await createClient(system, 'claims:read');
    await system.call('DELETE', `/v1/clients/${gone.id}`, { as: staff('ADMIN') });
    expectError(await ask(credentials, basic(gone)), 401, 'invalid_client');
  });

  it('reaches what its scope opens, and nothing else', async () => {
    const claims = z.object({ sub: z.string(), scope: z.string() });
    const { sub, scope } = claims.parse(claimsOf(await clientToken(system, made)));
    const as = { userId: sub, scopes: scope.split(' ') };
    expect((await system.call('GET', '/v1/accounts', { as })).status).toBe(200);
    expect((await system.call('GET', '/v1/clients', { as })).status).toBe(403);
    expect((await system.call('GET', '/v1/me', { as })).status).toBe(403);
  });
});

describe('a token request is refused', () => {
  const raw = (body: string, type = FORM): CallOptions => ({ raw: body, headers: type });
  const others = (count: number): string =>
    Array.from({ length: count }, (_, index) => `p${index}=x`).join('&');
  const requests: [string, CallOptions, number, string][] = [
    ['without a grant type', { form: { username: 'x', password: 'y' } }, 400, 'invalid_request'],
    ['with an empty grant type', { form: { grant_type: '' } }, 400, 'invalid_request'],
    ['with an unknown grant type', { form: { grant_type: 'implicit' } }, 400, 'unsupported_grant_type'],
    ['without a username', { form: { grant_type: 'password', password: PASSWORD } }, 400, 'invalid_request'],
    ['without a password', { form: { grant_type: 'password', username: 'x' } }, 400, 'invalid_request'],
    ['without a refresh token', { form: { grant_type: 'refresh_token' } }, 400, 'invalid_request'],
    [
      'with a parameter twice',
      raw('grant_type=password&username=a&username=b&password=c'),
      400,
      'invalid_request',
    ],
    [
      'with an unknown parameter twice',
      raw('grant_type=refresh_token&refresh_token=x&a=1&a=2'),
      400,
      'invalid_request',
    ],
    [
      'with a password of 129 characters',
      { form: { grant_type: 'password', username: 'x', password: 'y'.repeat(129) } },
      400,
      'invalid_request',
    ],
    [
      'with a null byte',
      { form: { grant_type: 'password', username: 'x', password: 'y\0' } },
      400,
      'invalid_request',
    ],
    ['as JSON', { json: { grant_type: 'client_credentials' } }, 400, 'invalid_request'],
    [
      'as JSON with a query operator',
      { json: { grant_type: 'password', username: { $ne: '' } } },
      400,
      'invalid_request',
    ],
    ['without a body', {}, 400, 'invalid_request'],
    [
      'with another charset',
      raw('grant_type=x', { 'content-type': `${FORM['content-type']}; charset=utf-16` }),
      400,
      'invalid_request',
    ],
    [
      'with a parameter twice, the second time as the hundredth field',
      raw(`grant_type=refresh_token&refresh_token=x&${others(97)}&grant_type=password`),
      400,
      'invalid_request',
    ],
    [
      'with a parameter twice, the second time behind the hundredth field',
      raw(`grant_type=refresh_token&refresh_token=x&${others(98)}&grant_type=password`),
      413,
      'invalid_request',
    ],
    ['with more than a megabyte', raw(`grant_type=${'x'.repeat(1_100_000)}`), 413, 'invalid_request'],
  ];

  it.each(requests)('%s', async (_, options, status, error) => {
    expectError(await system.call('POST', '/oauth/token', options), status, error);
  });

  it('with two ways of authentication', async () => {
    const form = { ...credentials, client_id: made.id, client_secret: made.secret };
    expectError(await ask(form, basic(made)), 400, 'invalid_request');
  });

  it('past the gateway, or with another method', async () => {
    const form = credentials;
    expect((await system.call('POST', '/oauth/token', { form, unsigned: true })).status).toBe(401);
    expect((await system.call('GET', '/oauth/token')).status).toBe(405);
  });
});

it('a parameter that nobody knows is ignored', async () => {
  expect((await ask({ ...credentials, audience: 'x', resource: 'y' }, basic(made))).status).toBe(200);
});

it('an account that gets other roles has a higher version in its next token at this door as well', async () => {
  const player = await register(system);
  await system.call('PUT', `/v1/accounts/${player.id}/roles`, {
    json: { roles: ['AUDITOR'] },
    as: staff('ADMIN'),
  });
  const { body } = await logIn(player.username);
  const token = String(body['access_token']);
  expect(versionIn(token)).toBe(versionIn(player.tokens.accessToken) + 1);
  expect(identityIn(token).roles).toEqual(['AUDITOR']);
});

describe('the server metadata', () => {
  it('names the endpoints by the public URL, whatever host was asked', async () => {
    const headers = { 'x-forwarded-host': 'evil.example.com' };
    const answer = await system.call('GET', '/.well-known/oauth-authorization-server', { headers });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/oauth/token`,
      introspection_endpoint: `${ISSUER}/oauth/introspect`,
      revocation_endpoint: `${ISSUER}/oauth/revoke`,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      grant_types_supported: ['password', 'refresh_token', 'client_credentials'],
      response_types_supported: [],
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/127\.0\.0\.1|evil/);
  });

  it('has the issuer of the tokens', async () => {
    const { body } = await system.call('GET', '/.well-known/oauth-authorization-server');
    expect(claimsOf(await clientToken(system, made))).toMatchObject({ iss: body['issuer'] });
  });
});
