import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from './support/fake-service.ts';
import {
  type RunningGateway,
  type Services,
  resetServices,
  startGateway,
  startServices,
} from './support/gateway.ts';
import { exchangeRaw, rawClient } from './support/raw-client.ts';
import { accessToken } from './support/tokens.ts';

const ROUTES_FILE = 'test/support/routes.yaml';
const NOWHERE = 'redis://127.0.0.1:1';
const eventually = { timeout: 10_000, interval: 50 };

let services: Services;
let gateways: RunningGateway[];

beforeAll(async () => {
  services = await startServices();
});
afterAll(() => Promise.all([services.auth.stop(), services.events.stop()]));
beforeEach(() => {
  gateways = [];
  resetServices({ ...services, log: [] }, echo);
});
afterEach(() => Promise.all(gateways.map((gateway) => gateway.stop())));

function redisUrl(): string {
  const url = process.env['REDIS_URL'];
  if (!url) throw new Error('REDIS_URL is not set: these tests need a real Redis');
  return url;
}

async function start(env: NodeJS.ProcessEnv = {}): Promise<RunningGateway> {
  const gateway = await startGateway(services, {
    ROUTES_FILE,
    REDIS_URL: redisUrl(),
    RATE_LIMIT_SCALE: '1',
    ...env,
  });
  gateways.push(gateway);
  return gateway;
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
/** A caller that no other test uses. */
const newAccount = () => bearer(accessToken(services.keys, { claims: { sub: `acc_${randomUUID()}` } }));
const newClient = () =>
  bearer(
    accessToken(services.keys, {
      claims: { sub: `cli_${randomUUID()}`, scope: 'a:b' },
      without: ['sid', 'roles'],
    }),
  );
let addresses = 0;
const run = Math.floor(Math.random() * 2 ** 16).toString(16);
const newAddress = () => ({ 'x-forwarded-for': `2001:db8:${run}:${(addresses += 1).toString(16)}::1` });
const BEHIND_PROXY = { TRUST_PROXY: '127.0.0.1' };

/** A link to Redis that can hang without being closed. */
async function linkToRedis() {
  const target = new URL(redisUrl());
  const sockets = new Set<Socket>();
  let calls = 0;
  const server = createServer((socket) => {
    const redis = connect(Number(target.port), target.hostname);
    for (const each of [socket, redis]) sockets.add(each.on('error', () => each.destroy()));
    socket.on('data', (chunk) => (calls += chunk.toString('latin1').split('EVALSHA').length - 1));
    socket.pipe(redis).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    scriptCalls: () => calls,
    freeze: () => sockets.forEach((socket) => socket.pause()),
    thaw: () => sockets.forEach((socket) => socket.resume()),
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function statuses(
  gateway: RunningGateway,
  path: string,
  headers: Record<string, string>,
  count: number,
) {
  const answers: number[] = [];
  for (let i = 0; i < count; i += 1) answers.push((await fetch(gateway.url + path, { headers })).status);
  return answers;
}

describe('a rate limit', () => {
  it('by account counts each account, over all gateways, and reports its state', async () => {
    const [one, other] = [await start(), await start()];
    const [player, friend] = [newAccount(), newAccount()];
    const first = await fetch(`${one.url}/limited/account`, { headers: player });
    expect(first.status).toBe(200);
    expect(first.headers.get('ratelimit-policy')).toBe('"account";q=3;w=60');
    expect(first.headers.get('ratelimit')).toBe('"account";r=2;t=20');
    expect(await statuses(other, '/limited/account', player, 3)).toEqual([200, 200, 429]);
    expect(await statuses(one, '/limited/account', friend, 1)).toEqual([200]);

    const refused = await fetch(`${one.url}/limited/account`, { headers: player });
    expect(refused.status).toBe(429);
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(20);
    expect(refused.headers.get('ratelimit')).toBe(`"account";r=0;t=${wait}`);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', status: 429 });
    expect(services.auth.received).toHaveLength(4);
  });

  it('by account does not count clients, and one by client does not count accounts', async () => {
    const gateway = await start();
    expect(await statuses(gateway, '/limited/account', newClient(), 5)).toEqual([200, 200, 200, 200, 200]);
    expect(await statuses(gateway, '/limited/client', newAccount(), 4)).toEqual([200, 200, 200, 200]);
    expect(await statuses(gateway, '/limited/client', newClient(), 3)).toEqual([200, 200, 429]);
  });

  it('by address follows trusted hops, and counts a network of IPv6 as one', async () => {
    const gateway = await start(BEHIND_PROXY);
    const home = newAddress();
    expect(await statuses(gateway, '/limited/address', home, 2)).toEqual([200, 200]);
    const sameNetwork = { 'x-forwarded-for': home['x-forwarded-for'].replace('::1', '::2') };
    expect(await statuses(gateway, '/limited/address', sameNetwork, 2)).toEqual([200, 429]);
    expect(await statuses(gateway, '/limited/address', newAddress(), 1)).toEqual([200]);
  });

  it('by address ignores other X-Forwarded-For', async () => {
    const gateway = await start({ REDIS_URL: '' });
    const answers = [];
    for (let i = 0; i < 4; i += 1)
      answers.push(...(await statuses(gateway, '/limited/address', newAddress(), 1)));
    expect(answers).toEqual([200, 200, 200, 429]);
  });

  it('allows requests again one by one, and retries cost nothing', async () => {
    const gateway = await start(BEHIND_PROXY);
    const home = newAddress();
    expect(await statuses(gateway, '/limited/briefly', home, 2)).toEqual([200, 200]);
    await vi.waitFor(
      async () => expect(await statuses(gateway, '/limited/briefly', home, 1)).toEqual([200]),
      eventually,
    );
  });

  it('holds together with another one: the strictest counts', async () => {
    const gateway = await start(BEHIND_PROXY);
    const [home, player, friend, third] = [newAddress(), newAccount(), newAccount(), newAccount()];
    const first = await fetch(`${gateway.url}/limited/twice`, { headers: { ...home, ...player } });
    expect(first.headers.get('ratelimit-policy')).toBe('"account";q=1;w=60, "address";q=2;w=60');
    expect(await statuses(gateway, '/limited/twice', { ...newAddress(), ...player }, 1)).toEqual([429]);
    expect(await statuses(gateway, '/limited/twice', { ...home, ...friend }, 1)).toEqual([200]);
    expect(await statuses(gateway, '/limited/twice', { ...home, ...third }, 1)).toEqual([429]);
  });

  it.each([
    ['at Redis', {}],
    ['without Redis', { REDIS_URL: NOWHERE }],
  ])("that refuses takes no token of the route's other limits, %s", async (_where, env) => {
    const gateway = await start({ ...BEHIND_PROXY, ...env });
    const [home, away] = [newAddress(), newAddress()];
    const [player, friend, third] = [newAccount(), newAccount(), newAccount()];
    const ask = (place: object, who: object) =>
      fetch(`${gateway.url}/limited/twice`, { headers: { ...place, ...who } });
    const standing = (answer: Response) => answer.headers.get('ratelimit')?.replaceAll(/;t=\d+/g, '');
    // The limits: one account, two requests from an address.
    const first = await ask(home, player);
    expect([first.status, standing(first)]).toEqual([200, '"account";r=0, "address";r=1']);
    const refused = await ask(home, player);
    expect([refused.status, standing(refused)]).toEqual([429, '"account";r=0, "address";r=1']);
    // The refused request of the account was not counted for its address …
    const second = await ask(home, friend);
    expect([second.status, standing(second)]).toEqual([200, '"account";r=0, "address";r=0']);
    // … and the refused request of the address was not counted for the account.
    expect((await ask(home, third)).status).toBe(429);
    expect((await ask(away, third)).status).toBe(200);
  });

  it('costs one call to Redis, with any number of limits', async () => {
    const redis = await linkToRedis();
    const gateway = await start({ REDIS_URL: redis.url, ...BEHIND_PROXY });
    const ask = async () =>
      (await statuses(gateway, '/limited/twice', { ...newAddress(), ...newAccount() }, 1))[0];
    await vi.waitFor(async () => {
      expect(await ask()).toBe(200);
      expect(redis.scriptCalls()).toBeGreaterThan(0);
    }, eventually);
    const before = redis.scriptCalls();
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200]);
    expect(redis.scriptCalls() - before).toBe(3);
    redis.close();
  });

  it('that refuses is counted by route, limit and kind', async () => {
    const gateway = await start({ REDIS_URL: '' });
    expect(await statuses(gateway, '/limited/account', newAccount(), 5)).toEqual([200, 200, 200, 429, 429]);
    expect(await (await fetch(`${gateway.adminUrl}/metrics`)).text()).toMatch(
      /gateway_rate_limited_requests_total\{(?=.*route="limited-account")(?=.*limit="limited-account")(?=.*by="account").*\} 2\n/,
    );
  });

  it('is multiplied by RATE_LIMIT_SCALE', async () => {
    const gateway = await start({ RATE_LIMIT_SCALE: '0.5' });
    const player = newAccount();
    const first = await fetch(`${gateway.url}/limited/account`, { headers: player });
    expect(first.headers.get('ratelimit-policy')).toBe('"account";q=2;w=60');
    expect(await statuses(gateway, '/limited/account', player, 2)).toEqual([200, 429]);
    expect(
      await statuses(await start({ RATE_LIMIT_SCALE: '0.01' }), '/limited/client', newClient(), 2),
    ).toEqual([200, 429]);
  });

  it('of the shipped table is shared by all names of a path', async () => {
    const env = { ROUTES_FILE: '', RATE_LIMIT_SCALE: '0.03', ...BEHIND_PROXY };
    const gateway = await start(env);
    const home = newAddress();
    const ask = (path: string) => fetch(gateway.url + path, { method: 'POST', headers: home, body: '{}' });
    const first = await ask('/v1/auth/register');
    expect(first.headers.get('ratelimit-policy')).toBe('"address";q=3;w=10');
    expect((await ask('/register')).status).toBe(200);
    expect((await ask('/api/auth/register')).status).toBe(200);
    const refused = await ask('/register');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-4]$/);
    expect((await ask('/v1/auth/login')).status).toBe(200);
  });

  it('does not ask Redis again for a refused caller until the answer can change', async () => {
    const redis = await linkToRedis();
    const gateway = await start({ REDIS_URL: redis.url });
    const player = newAccount();
    expect(await statuses(gateway, '/limited/account', player, 4)).toEqual([200, 200, 200, 429]);
    const asked = redis.scriptCalls();
    const refused = await fetch(`${gateway.url}/limited/account`, { headers: player });
    expect(refused.status).toBe(429);
    expect(await statuses(gateway, '/limited/account', player, 3)).toEqual([429, 429, 429]);
    expect(redis.scriptCalls()).toBe(asked);
    redis.close();
  });

  it('does not wait for a Redis that hangs, and counts there again when it answers', async () => {
    const redis = await linkToRedis();
    const gateway = await start({ REDIS_URL: redis.url });
    const player = newAccount();
    expect(await statuses(gateway, '/limited/account', player, 2)).toEqual([200, 200]);
    redis.freeze();
    expect(await statuses(gateway, '/limited/account', player, 4)).toEqual([200, 200, 200, 429]);
    redis.thaw();
    await vi.waitFor(async () => {
      const asked = redis.scriptCalls();
      expect(await statuses(gateway, '/limited/account', newAccount(), 1)).toEqual([200]);
      expect(redis.scriptCalls()).toBeGreaterThan(asked);
    }, eventually);
    redis.close();
  });

  it('without Redis is counted by each gateway alone, and the gateway stays ready', async () => {
    const [one, other] = [await start({ REDIS_URL: NOWHERE }), await start({ REDIS_URL: NOWHERE })];
    const player = newAccount();
    for (const gateway of [one, other]) {
      expect(await statuses(gateway, '/limited/account', player, 4)).toEqual([200, 200, 200, 429]);
    }
    const ready = await fetch(`${one.adminUrl}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      status: 'degraded',
      checks: { redis: { status: 'degraded' } },
    });
  });
});

describe('connections of one address', () => {
  const GET = 'GET /open HTTP/1.1\r\nHost: x\r\n\r\n';

  it('are refused beyond the limit, idle ones included, until another one closes', async () => {
    const gateway = await start({ CONNECTIONS_PER_ADDRESS: '2' });
    const idle = await rawClient(gateway.port);
    const used = await rawClient(gateway.port);
    used.send(GET);
    await vi.waitFor(() => expect(used.received()).toMatch(/^HTTP\/1.1 200 /));
    const refused = await exchangeRaw(gateway.port, GET);
    expect(refused).toMatch(/^HTTP\/1.1 429 [^]*"code":"too_many_connections"/);
    expect(await (await fetch(`${gateway.adminUrl}/metrics`)).text()).toMatch(
      /gateway_refused_connections_total\{.*\} 1\n/,
    );
    expect(services.auth.received).toHaveLength(1);

    idle.socket.destroy();
    await vi.waitFor(async () => {
      expect(
        await exchangeRaw(gateway.port, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')),
      ).toMatch(/^HTTP\/1.1 200 /);
    }, eventually);
    used.socket.destroy();
  });

  it('that is our own proxy are not limited', async () => {
    const gateway = await start({ CONNECTIONS_PER_ADDRESS: '1', ...BEHIND_PROXY });
    const clients = [
      await rawClient(gateway.port),
      await rawClient(gateway.port),
      await rawClient(gateway.port),
    ];
    for (const client of clients) client.send(GET);
    await vi.waitFor(() => {
      for (const client of clients) expect(client.received()).toMatch(/^HTTP\/1.1 200 /);
    }, eventually);
    for (const client of clients) client.socket.destroy();
  });
});

it('a client that takes too long for its headers gets 408, even if it keeps sending', async () => {
  const gateway = await start({ HEADERS_TIMEOUT: '300ms' });
  const client = await rawClient(gateway.port);
  client.send('GET /open HTTP/1.1\r\n');
  const drip = setInterval(() => client.send('x-a: b\r\n'), 50);
  try {
    expect(await client.closed()).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request_timeout"/);
  } finally {
    clearInterval(drip);
  }
  expect(services.auth.received).toEqual([]);
});

describe('pages of another origin', () => {
  const GAME = 'https://game.example.org';
  const preflight = (gateway: RunningGateway, path: string, origin: string) =>
    fetch(gateway.url + path, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization',
      },
    });

  it('may read nothing unless they are allowed', async () => {
    const gateway = await start();
    const answer = await fetch(`${gateway.url}/open`, { headers: { origin: GAME } });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect((await preflight(gateway, '/closed', GAME)).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('may read if they are allowed, and CORS headers of services do not count', async () => {
    const gateway = await start({ CORS_ORIGINS: `${GAME}, https://other.example.org` });
    services.auth.answer = (_request, response) => {
      response.writeHead(200, {
        'access-control-allow-origin': 'https://evil.example.org',
        'access-control-allow-credentials': 'true',
        vary: 'accept-encoding',
      });
      response.end('{}');
    };
    const ask = (origin: string, path = '/open') => fetch(gateway.url + path, { headers: { origin } });
    const named = await ask(GAME);
    expect(named.headers.get('access-control-allow-origin')).toBe(GAME);
    expect(named.headers.get('access-control-allow-credentials')).toBeNull();
    expect(named.headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(named.headers.get('vary')).toBe('accept-encoding, Origin');
    const evil = await ask('https://evil.example.org');
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    expect(evil.headers.get('vary')).toContain('Origin');
    for (const path of ['/nothing', '/closed', '/openapi.json']) {
      expect((await ask(GAME, path)).headers.get('access-control-allow-origin')).toBe(GAME);
    }
  });

  it('get a preflight answer with methods and headers, without a service', async () => {
    const gateway = await start({ CORS_ORIGINS: GAME });
    const answer = await preflight(gateway, '/publish', GAME);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(GAME);
    expect(answer.headers.get('access-control-allow-methods')).toBe('POST');
    expect(answer.headers.get('access-control-allow-headers')).toContain('authorization');
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect((await preflight(gateway, '/nothing', GAME)).status).toBe(404);
    const evil = await preflight(gateway, '/publish', 'https://evil.example.org');
    expect(evil.status).toBe(405);
    expect(evil.headers.get('access-control-allow-origin')).toBeNull();
    expect(services.auth.received).toEqual([]);
  });

  it('may all be allowed', async () => {
    const gateway = await start({ CORS_ORIGINS: '*' });
    const answer = await fetch(`${gateway.url}/open`, { headers: { origin: 'https://any.example.org' } });
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});
