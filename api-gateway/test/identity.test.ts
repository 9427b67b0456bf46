import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from './support/fake-service.ts';
import { resetServices, startGateway, startServices, startTestBed, type TestBed } from './support/gateway.ts';
import { exchangeRaw, rawClient } from './support/raw-client.ts';
import { accessToken, clientToken, signingPair } from './support/tokens.ts';

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed();
});
afterAll(async () => {
  await bed.stop();
});
beforeEach(() => {
  resetServices(bed, echo);
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const staff = (...roles: string[]) => accessToken(bed.keys, { claims: { roles } });

describe('a signed-in request', () => {
  it('reaches the service with a signed identity, and without the token', async () => {
    const token = accessToken(bed.keys, { claims: { roles: ['USER', 'AUDITOR', 'OPERATOR'] } });
    const answer = await fetch(`${bed.url}/v1/events/1?x=%41`, { headers: bearer(token) });
    const [received] = bed.events.received;
    expect(received?.identity).toEqual({
      userId: 'acc_1',
      sessionId: 'ses_1',
      roles: ['AUDITOR', 'OPERATOR', 'USER'],
      scopes: [],
      clientAddress: '127.0.0.1',
    });
    expect(received?.url).toBe('/v1/events/1?x=%41');
    expect(received?.headers).not.toHaveProperty('authorization');
    expect(received?.headers['x-request-id']).toBe(answer.headers.get('x-request-id'));
    expect(received?.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
  });

  it('of a service client has scopes and no session', async () => {
    const token = clientToken(bed.keys, 'claims:read activity:write');
    const answer = await fetch(`${bed.url}/v1/activity`, {
      method: 'POST',
      headers: bearer(token),
      body: '{}',
    });
    expect(answer.status).toBe(200);
    expect(bed.events.received[0]?.identity).toMatchObject({
      userId: 'cli_1',
      sessionId: '',
      roles: [],
      scopes: ['activity:write', 'claims:read'],
    });
  });

  it('continues the trace of its caller', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const headers = { ...bearer(accessToken(bed.keys)), traceparent, tracestate: 'a=1' };
    await fetch(`${bed.url}/v1/me`, { headers });
    await fetch(`${bed.url}/v1/me`, { headers: { ...headers, traceparent: 'nonsense' } });
    const [first, second] = bed.auth.received.map((each) => each.headers);
    expect(first?.['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)/);
    expect(first?.['tracestate']).toBe('a=1');
    expect(second?.['traceparent']).not.toContain('0af7651916cd43dd8448eb211c80319c');
    expect(second?.['tracestate']).toBeUndefined();
  });
});

describe('access', () => {
  const cases: [string, string, () => string | undefined, number][] = [
    ['GET', '/v1/me', () => undefined, 401],
    ['GET', '/v1/me', () => 'nonsense', 401],
    ['GET', '/v1/me', () => accessToken(signingPair('key-1')), 401],
    ['GET', '/v1/me', () => accessToken(signingPair('unknown')), 401],
    ['GET', '/v1/me', () => accessToken(bed.keys, { claims: { exp: 1 } }), 401],
    ['GET', '/v1/me', () => staff('USER'), 200],
    ['GET', '/v1/me', () => clientToken(bed.keys, 'accounts:read'), 403],
    ['POST', '/v1/events', () => staff('USER'), 403],
    ['POST', '/v1/events', () => staff('AUDITOR'), 403],
    ['POST', '/v1/events', () => staff('OPERATOR'), 200],
    ['POST', '/v1/events', () => staff('ADMIN'), 200],
    ['GET', '/v1/accounts/acc_1', () => staff('USER'), 403],
    ['GET', '/v1/accounts/acc_1', () => staff('AUDITOR'), 200],
    ['GET', '/v1/accounts/acc_1', () => clientToken(bed.keys, 'accounts:read'), 200],
    ['GET', '/v1/accounts/acc_1', () => clientToken(bed.keys, 'claims:read'), 403],
    ['POST', '/v1/activity', () => staff('ADMIN'), 403],
    ['GET', '/v1/claims', () => clientToken(bed.keys, 'claims:read'), 200],
    ['GET', '/v1/claims', () => clientToken(bed.keys, ''), 403],
  ];

  it.each(cases)('%s %s (%#)', async (method, path, token, status) => {
    const given = token();
    const answer = await fetch(bed.url + path, { method, headers: given === undefined ? {} : bearer(given) });
    expect(answer.status).toBe(status);
    expect(bed.auth.received.length + bed.events.received.length).toBe(status === 200 ? 1 : 0);
    if (status === 200) return;
    const code = status === 401 ? 'unauthenticated' : 'forbidden';
    expect(await answer.json()).toMatchObject({
      code,
      status,
      requestId: answer.headers.get('x-request-id'),
    });
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="laurel"/);
  });

  it('no scheme but Bearer is accepted', async () => {
    const token = accessToken(bed.keys);
    for (const authorization of [
      `Basic ${token}`,
      `Token ${token}`,
      token,
      `Bearer`,
      `Bearer ${token} ${token}`,
    ]) {
      expect((await fetch(`${bed.url}/v1/me`, { headers: { authorization } })).status).toBe(401);
    }
    const lower = await fetch(`${bed.url}/v1/me`, { headers: { authorization: `bearer ${token}` } });
    expect(lower.status).toBe(200);
  });
});

describe('a public route', () => {
  it('ignores a token, valid or not, and does not forward it', async () => {
    for (const token of [accessToken(bed.keys), 'nonsense']) {
      const answer = await fetch(`${bed.url}/v1/auth/login`, {
        method: 'POST',
        headers: bearer(token),
        body: '{}',
      });
      expect(answer.status).toBe(200);
    }
    expect(bed.auth.received).toHaveLength(2);
    for (const { headers, identity } of bed.auth.received) {
      expect(headers).not.toHaveProperty('authorization');
      expect(identity).toMatchObject({ userId: '', sessionId: '', roles: [], scopes: [] });
    }
  });

  it('forwards Basic credentials to /oauth alone', async () => {
    const headers = { authorization: 'Basic YTpi' };
    for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke', '/v1/auth/login']) {
      await fetch(bed.url + path, { method: 'POST', headers });
    }
    const { authorization } = headers;
    const received = bed.auth.received.map((each) => each.headers.authorization);
    expect(received).toEqual([authorization, authorization, authorization, undefined]);
  });

  it('returns the challenge to OAuth clients unchanged', async () => {
    const challenge = 'Basic realm="laurel", charset="UTF-8"';
    bed.auth.answer = (_request, response) => {
      response.writeHead(401, { 'www-authenticate': challenge, 'cache-control': 'no-store' }).end('{}');
    };
    const answer = await fetch(`${bed.url}/oauth/token`, { method: 'POST' });
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, challenge]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});

describe('a spoofed identity never reaches a service', () => {
  const SPELLINGS = [
    'x-user-id',
    'X-User-Id',
    'X-USER-ID',
    'x_user_id',
    'X_User_Id',
    'x-user_id',
    'x.user.id',
    'X-User-Roles',
    'x_user_roles',
    'x-user-roles',
    'X_USER_SCOPES',
    'x-session-id',
    'X_Session_Id',
    'x-request-id',
    'X_Request_Id',
    'X-Client-Address',
    'x_client_address',
    'x-gateway-signature',
    'X_Gateway_Signature',
    'X-Forwarded-For',
    'x_forwarded_for',
    'Forwarded',
    'X-Internal-Signature',
    'x_internal_signature',
    'X-User-Email',
    'x!user!id',
    'X-Real-Ip',
    'X-Original-Url',
    'X-HTTP-Method-Override',
  ];
  const spoofed = SPELLINGS.map((name) => `${name}: EVIL\r\n`).join('');
  const head = (path: string, extra = '') => `POST ${path} HTTP/1.1\r\nHost: x\r\n${extra}${spoofed}`;
  const authorized = () => `Authorization: Bearer ${accessToken(bed.keys)}\r\n`;

  const positions: [string, () => string][] = [
    ['on a public route', () => `${head('/v1/auth/login')}Connection: close\r\n\r\n`],
    ['on a protected route', () => `${head('/v1/events/1/claims', authorized())}Connection: close\r\n\r\n`],
    [
      'with a body and Expect',
      () =>
        `${head('/v1/events/1/claims', authorized())}Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`,
    ],
    [
      'named by Connection, so that a later hop would remove the true ones',
      () =>
        `${head('/v1/auth/login')}Connection: close, x-user-id, x-gateway-signature, x-client-address, traceparent\r\n\r\n`,
    ],
    [
      'on an upgrade',
      () =>
        `${head('/v1/auth/login')}Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n`,
    ],
    [
      'in the trailers of a chunked body',
      () =>
        `POST /v1/auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: x-user-id\r\n\r\n2\r\n{}\r\n0\r\n${spoofed}\r\n`,
    ],
  ];

  it.each(positions)('%s', async (_where, request) => {
    const answer = await exchangeRaw(bed.port, request());
    expect(answer).toMatch(/HTTP\/1.1 200 /);
    const received = [...bed.auth.received, ...bed.events.received];
    expect(received.length).toBeGreaterThan(0);
    for (const { rawHeaders, identity, headers } of received) {
      expect(rawHeaders).not.toContain('EVIL');
      expect(rawHeaders.join(' ').toLowerCase()).not.toContain('evil');
      expect(identity).toBeDefined();
      expect(headers).not.toHaveProperty('expect');
      expect(headers).not.toHaveProperty('upgrade');
      expect(['', 'acc_1']).toContain(identity?.userId);
    }
  });
});

it('the signing keys of one service rotate alone, and no request is refused', async () => {
  const own = await startServices();
  const old = { id: 'k1', secret: 'auth-service'.padEnd(32, '_') };
  const next = { id: 'k2', secret: 'next'.padEnd(32, '_') };
  const events = `game-event-service/k1:${'game-event-service'.padEnd(32, '_')}`;
  const ofAuth = ({ id, secret }: typeof old) => `auth-service/${id}:${secret}`;
  const broken = `broken-service/k1:${'broken-service'.padEnd(32, '_')}`;

  /** The caller that both services see, behind a gateway with these keys. */
  async function callersWith(...keys: string[]): Promise<(string | undefined)[]> {
    const gateway = await startGateway(own, { GATEWAY_SIGNING_KEYS: [...keys, events, broken].join(',') });
    const headers = bearer(accessToken(own.keys));
    try {
      for (const path of ['/v1/me', '/v1/events']) await fetch(gateway.url + path, { headers });
      return [own.auth, own.events].map((service) => service.received.at(-1)?.identity?.userId);
    } finally {
      await gateway.stop();
    }
  }

  try {
    own.auth.signingKeys = [old, next];
    expect(await callersWith(ofAuth(old))).toEqual(['acc_1', 'acc_1']);
    expect(await callersWith(ofAuth(next), ofAuth(old))).toEqual(['acc_1', 'acc_1']);
    own.auth.signingKeys = [next];
    expect(await callersWith(ofAuth(next))).toEqual(['acc_1', 'acc_1']);
    expect(await callersWith(ofAuth(old))).toEqual([undefined, 'acc_1']);
  } finally {
    await Promise.all([own.auth.stop(), own.events.stop()]);
  }
});

describe('the address of the client', () => {
  it('follows the trusted hops', async () => {
    const own = await startTestBed({ env: { TRUST_PROXY: '127.0.0.1' } });
    try {
      const headers = { 'x-forwarded-for': '6.6.6.6, 198.51.100.7' };
      await fetch(`${own.url}/v1/auth/login`, { method: 'POST', headers });
      expect(own.auth.received[0]?.identity?.clientAddress).toBe('198.51.100.7');
      expect(own.auth.received[0]?.headers).not.toHaveProperty('x-forwarded-for');
    } finally {
      await own.stop();
    }
  });
});

describe('without auth-service', () => {
  it('protected routes answer 503 until keys have been loaded, and the gateway is not ready', async () => {
    const own = await startTestBed({ withKeys: false });
    try {
      const me = () => fetch(`${own.url}/v1/me`, { headers: bearer(accessToken(own.keys)) });
      const answer = await me();
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
      expect((await fetch(`${own.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${own.url}/healthz`)).status).toBe(200);
      expect((await fetch(`${own.url}/v1/auth/login`, { method: 'POST' })).status).toBe(200);

      own.auth.keys.push(own.keys.jwk);
      await vi.waitFor(async () => expect((await me()).status).toBe(200), { timeout: 10_000, interval: 100 });
      await vi.waitFor(async () => expect((await fetch(`${own.url}/readyz`)).status).toBe(200));
    } finally {
      await own.stop();
    }
  });

  it('known keys stay valid, and the gateway stays ready but degraded', async () => {
    const own = await startTestBed();
    try {
      await own.auth.stop();
      const answer = await fetch(`${own.url}/v1/events`, { headers: bearer(accessToken(own.keys)) });
      expect(answer.status).toBe(200);
      expect((await fetch(`${own.url}/v1/me`, { headers: bearer(accessToken(own.keys)) })).status).toBe(502);
      const ready = await fetch(`${own.adminUrl}/readyz`);
      expect(ready.status).toBe(200);
      expect(await ready.json()).toMatchObject({
        status: 'degraded',
        checks: {
          keys: { status: 'ok' },
          [own.events.url]: { status: 'ok' },
          [own.auth.url]: { status: 'degraded' },
        },
      });
    } finally {
      own.auth.stop = async () => undefined;
      await own.stop();
    }
  });
});

it('a request loses no part of its body while its token is checked', async () => {
  const body = 'x'.repeat(300_000);
  const client = await rawClient(bed.port);
  const token = accessToken(bed.keys);
  client.send(
    `POST /v1/events/1/claims HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  expect(await client.closed()).toMatch(/HTTP\/1.1 200 /);
  expect(bed.events.received[0]?.body.length).toBe(body.length);
});

it('two Authorization headers are no way around the check', async () => {
  const answer = await new Promise<number>((resolve, reject) => {
    const request = httpRequest(`${bed.url}/v1/me`, {
      headers: [
        'Host',
        'x',
        'Authorization',
        'Basic YTpi',
        'Authorization',
        `Bearer ${accessToken(bed.keys)}`,
      ],
    });
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
    request.end();
  });
  expect(answer).toBe(401);
});
