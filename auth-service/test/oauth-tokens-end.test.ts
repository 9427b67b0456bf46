import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { staff, type Answer } from './call.ts';
import { isAlive, logIn, refresh, register, versionIn, type Player } from './player.ts';
import { basic, clientToken, createClient, type Made } from './service-client.ts';
import { eventually, ISSUER, startSystem, type System } from './system.ts';

let system: System;
let now = new Date();
let asker: Made;
beforeAll(async () => {
  system = await startSystem({ instances: 2, overrides: { clock: () => now } });
  asker = await createClient(system, 'tokens:introspect');
});
afterAll(() => system.stop());

const DAY_MS = 86_400_000;
const introspect = (token: string, instance = 0): Promise<Answer> =>
  system.call('POST', '/oauth/introspect', { form: { token }, headers: basic(asker), instance });
const revoke = (token: string, by?: Made): Promise<Answer> =>
  system.call('POST', '/oauth/revoke', { form: { token }, ...(by && { headers: basic(by) }) });
const setStatus = (id: string, status: string): Promise<Answer> =>
  system.call('PUT', `/v1/accounts/${id}/status`, { json: { status, reason: 'test' }, as: staff('ADMIN') });

/** Whether the token is active, on both instances; of an inactive one nothing else is said. */
async function isActive(token: string): Promise<boolean> {
  const answers = await Promise.all([introspect(token, 0), introspect(token, 1)]);
  const [one, other] = answers.map(({ status, body }) => ({ status, body }));
  expect(one).toEqual(other);
  if (one?.body['active'] === true) return true;
  expect(one).toEqual({ status: 200, body: { active: false } });
  return false;
}

async function expectBothActive({ tokens }: Player, expected: boolean): Promise<void> {
  expect(await isActive(tokens.accessToken)).toBe(expected);
  expect(await isActive(tokens.refreshToken)).toBe(expected);
}

const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Another valid signature: (r, n - s) instead of (r, s). */
function malleated(token: string): string {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const bytes = Buffer.from(signature, 'base64url');
  const s = BigInt(`0x${bytes.subarray(32).toString('hex')}`);
  const other = Buffer.from((ORDER - s).toString(16).padStart(64, '0'), 'hex');
  return [header, payload, Buffer.concat([bytes.subarray(0, 32), other]).toString('base64url')].join('.');
}

describe('introspection', () => {
  it('tells whose an access token is, and with which roles', async () => {
    const player = await register(system);
    const answer = await introspect(player.tokens.accessToken, 1);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      active: true,
      token_use: 'access_token',
      token_type: 'Bearer',
      iss: ISSUER,
      aud: 'laurel',
      sub: player.id,
      sid: player.as.sessionId,
      roles: ['USER'],
      jti: expect.any(String),
      iat: Math.floor(now.getTime() / 1_000),
      exp: Math.floor(now.getTime() / 1_000) + 600,
    });
  });

  it('tells a refresh token from an access token', async () => {
    const { id, as, tokens } = await register(system);
    expect((await introspect(tokens.refreshToken)).body).toEqual({
      active: true,
      token_use: 'refresh_token',
      iss: ISSUER,
      sub: id,
      sid: as.sessionId,
      iat: Math.floor(now.getTime() / 1_000),
      exp: Math.floor((now.getTime() + 30 * DAY_MS) / 1_000),
    });
  });

  it('tells the scopes of a client', async () => {
    const made = await createClient(system, 'activity:write', 'claims:read');
    expect((await introspect(await clientToken(system, made))).body).toMatchObject({
      active: true,
      sub: made.id,
      client_id: made.id,
      scope: 'activity:write claims:read',
    });
  });

  it('of the tokens of others needs the scope for it, of its own tokens a client needs none', async () => {
    const [made, other] = [
      await createClient(system, 'claims:read'),
      await createClient(system, 'claims:read'),
    ];
    const player = await register(system);
    const ask = async (token: string) =>
      (await system.call('POST', '/oauth/introspect', { form: { token }, headers: basic(made) })).body;
    const own = await clientToken(system, made);
    expect(await ask(own)).toMatchObject({ active: true, client_id: made.id });
    const others = [
      player.tokens.accessToken,
      player.tokens.refreshToken,
      await clientToken(system, other),
      'nonsense',
    ];
    for (const token of others) expect(await ask(token)).toEqual({ active: false });
  });

  it('is no use of a refresh token, and a replaced one stands for nothing', async () => {
    const player = await register(system);
    const { tokens } = await refresh(system, player.tokens.refreshToken);
    expect(await isActive(player.tokens.refreshToken)).toBe(false);
    expect(await isActive(tokens?.refreshToken ?? '')).toBe(true);
  });

  const endings: [string, (player: Player) => Promise<unknown>][] = [
    ['a logout', ({ as }) => system.call('POST', '/v1/auth/logout', { as })],
    ['a ban', ({ id }) => setStatus(id, 'banned')],
    [
      'a deletion',
      ({ id }) =>
        system.db
          .collection<{ _id: string }>('accounts')
          .updateOne({ _id: id }, { $set: { status: 'deleted' } }),
    ],
    [
      'the return of a replaced refresh token',
      async ({ tokens: { refreshToken } }) => {
        const { tokens } = await refresh(system, refreshToken);
        await refresh(system, tokens?.refreshToken ?? '');
        await refresh(system, refreshToken);
      },
    ],
  ];

  it.each(endings)('finds no token active after %s', async (_, end) => {
    const player = await register(system);
    await expectBothActive(player, true);
    await end(player);
    await expectBothActive(player, false);
  });

  it('finds an access token with a lower version inactive, while its session lives on', async () => {
    const player = await register(system);
    const json = { roles: ['AUDITOR'] };
    await system.call('PUT', `/v1/accounts/${player.id}/roles`, { json, as: staff('ADMIN') });
    expect(await isActive(player.tokens.accessToken)).toBe(false);
    expect(await isActive(player.tokens.refreshToken)).toBe(true);
  });

  it('finds an access token inactive when its time is over', async () => {
    const player = await register(system);
    now = new Date(now.getTime() + 600_000);
    expect(await isActive(player.tokens.accessToken)).toBe(false);
    expect(await isActive(player.tokens.refreshToken)).toBe(true);
  });

  it('finds the token of a client that was removed inactive', async () => {
    const made = await createClient(system, 'claims:read');
    const token = await clientToken(system, made);
    await system.call('DELETE', `/v1/clients/${made.id}`, { as: staff('ADMIN') });
    expect(await isActive(token)).toBe(false);
  });

  it.each([
    ['noise', () => 'nonsense'],
    ['a secret', () => asker.secret],
    ['a token without signature', (token: string) => token.replace(/[^.]*$/, '')],
    ['a token with HS256', (token: string) => hmacOf(token)],
  ])('finds %s inactive', async (_, forge) => {
    const { tokens } = await register(system);
    expect(await isActive(forge(tokens.accessToken))).toBe(false);
  });

  it('is for service clients alone', async () => {
    const { tokens } = await register(system);
    const form = { token: tokens.accessToken };
    const answers = [
      await system.call('POST', '/oauth/introspect', { form }),
      await system.call('POST', '/oauth/introspect', { form, headers: basic({ ...asker, secret: 'x' }) }),
      await system.call('POST', '/oauth/introspect', { form: { ...form, client_id: asker.id } }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
    }
  });
});

function hmacOf(token: string): string {
  const [, payload = ''] = token.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt' })).toString('base64url');
  return `${header}.${payload}.${createHmac('sha256', 'x').update(`${header}.${payload}`).digest('base64url')}`;
}

describe('revocation', () => {
  it.each(['accessToken', 'refreshToken'] as const)(
    'with the %s of an account ends its session and no other, and tells the gateways',
    async (which) => {
      const player = await register(system);
      const other = await logIn(system, player.username);
      const answer = await revoke(player.tokens[which]);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      await expectBothActive(player, false);
      await expectBothActive(other, true);
      expect(await isAlive(system, player)).toBe(false);
      const data = { accountId: player.id, sessionIds: [player.as.sessionId] };
      await eventually(() => expect(system.sent).toContainEqual(expect.objectContaining({ data })));
      const trail = `/v1/auth/audit?accountId=${player.id}&action=revoke-token`;
      const { body } = await system.call('GET', trail, { as: staff('AUDITOR') });
      const details = { sessionId: player.as.sessionId };
      expect(body['items']).toMatchObject([{ actor: { kind: 'anonymous' }, result: 'done', details }]);
    },
  );

  it('may be asked for by a service client that holds the token of a player', async () => {
    const player = await register(system);
    expect((await revoke(player.tokens.refreshToken, asker)).status).toBe(200);
    expect(await isAlive(system, player)).toBe(false);
  });

  it('with an ancestor of the refresh token ends the session as well', async () => {
    const player = await register(system);
    const { tokens } = await refresh(system, player.tokens.refreshToken);
    await revoke(player.tokens.refreshToken);
    expect(await isActive(tokens?.refreshToken ?? '')).toBe(false);
  });

  it('cannot be got around by another signature of the same token', async () => {
    const { tokens } = await register(system);
    const twin = malleated(tokens.accessToken);
    expect(twin).not.toBe(tokens.accessToken);
    expect(await isActive(twin)).toBe(true);
    await revoke(tokens.accessToken);
    expect(await isActive(twin)).toBe(false);
  });

  it('of an unknown, forged or ended token is no error and ends nothing', async () => {
    const player = await register(system);
    const [, payload] = player.tokens.accessToken.split('.');
    const seal = player.tokens.refreshToken.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
    for (const token of ['nonsense', `a.${payload}.b`, seal]) expect((await revoke(token)).status).toBe(200);
    await expectBothActive(player, true);
    for (const _ of [1, 2]) expect((await revoke(player.tokens.accessToken)).status).toBe(200);
    const filter = { accountId: player.id };
    expect(await system.db.collection('revocations').countDocuments(filter)).toBe(1);
  });

  it('by a service client ends all its access tokens, and it can get another', async () => {
    const made = await createClient(system, 'claims:read');
    const [one, other] = [await clientToken(system, made), await clientToken(system, made)];
    expect((await revoke(one, made)).status).toBe(200);
    expect([await isActive(one), await isActive(other)]).toEqual([false, false]);
    const data = { accountId: made.id, minVersion: versionIn(one) + 1 };
    await eventually(() => expect(system.sent).toContainEqual(expect.objectContaining({ data })));
    const next = await clientToken(system, made);
    await revoke(one, made);
    expect(await isActive(next)).toBe(true);
  });

  it('of the token of a service client is for that client alone', async () => {
    const made = await createClient(system, 'claims:read');
    const token = await clientToken(system, made);
    const byNobody = await revoke(token);
    expect([byNobody.status, byNobody.body['error']]).toEqual([401, 'invalid_client']);
    const byAnother = await revoke(token, asker);
    expect([byAnother.status, byAnother.body['error']]).toEqual([400, 'unauthorized_client']);
    expect(await isActive(token)).toBe(true);
  });

  it('by a client with a wrong secret is refused, whatever the token', async () => {
    const player = await register(system);
    for (const token of [player.tokens.refreshToken, 'nonsense']) {
      const answer = await revoke(token, { ...asker, secret: 'wrong' });
      expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    }
    expect(await isAlive(system, player)).toBe(true);
  });
});

it.each(['/oauth/introspect', '/oauth/revoke'])('%s needs a token in a form', async (path) => {
  const headers = basic(asker);
  const bad = [
    await system.call('POST', path, { form: {}, headers }),
    await system.call('POST', path, { form: { token: '' }, headers }),
    await system.call('POST', path, { json: { token: 'x' }, headers }),
    await system.call('POST', path, { headers }),
    await system.call('POST', path, {
      raw: 'token=a&token=b',
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
    }),
  ];
  for (const { status, body } of bad) expect([status, body['error']]).toEqual([400, 'invalid_request']);
  expect((await system.call('POST', path, { form: { token: 'x' }, headers, unsigned: true })).status).toBe(
    401,
  );
});

it('a key that is retired takes its tokens with it, and no session', async () => {
  const own = await startSystem({ env: { ADMIN_TOKEN: 'token-of-the-admin-port' } });
  const made = await createClient(own, 'tokens:introspect');
  const { tokens } = await register(own);
  const ask = async (token: string) =>
    (await own.call('POST', '/oauth/introspect', { form: { token }, headers: basic(made) })).body['active'];
  expect(await ask(tokens.accessToken)).toBe(true);
  const [header = ''] = tokens.accessToken.split('.');
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
  const { port } = own.instances[0]?.admin.address() ?? {};
  const headers = { authorization: 'Bearer token-of-the-admin-port' };
  await fetch(`http://127.0.0.1:${port}/signing-keys/${kid}`, { method: 'DELETE', headers });
  expect(await ask(tokens.accessToken)).toBe(false);
  const next = await refresh(own, tokens.refreshToken);
  expect(await ask(next.tokens?.accessToken ?? '')).toBe(true);
  await own.stop();
});
