import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Broker, brokerUrl, type CuttableLink, cuttableLink, openBroker } from './support/broker.ts';
import { type RunningGateway, type Services, startGateway, startServices } from './support/gateway.ts';
import { accessToken } from './support/tokens.ts';

/** Long enough that an earlier effect cannot come from polling. */
const NO_POLL = { REVOCATIONS_REFRESH: '1m' };

let broker: Broker;
let link: CuttableLink;
let services: Services;
let gateways: RunningGateway[];
let account: string;
let accounts = 0;

beforeAll(async () => {
  broker = await openBroker();
});
afterAll(() => broker.close());

beforeEach(async () => {
  link = await cuttableLink();
  services = await startServices();
  gateways = [];
  accounts += 1;
  account = `acc_${accounts}`;
});
afterEach(async () => {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  await Promise.all([services.auth.stop(), services.events.stop(), link.close()]);
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<RunningGateway> {
  const gateway = await startGateway(services, { RABBITMQ_URL: link.url, ...env });
  gateways.push(gateway);
  return gateway;
}

function token(claims: object = {}): string {
  return accessToken(services.keys, { claims: { sub: account, sid: `ses_${account}`, ver: 1, ...claims } });
}

async function call(gateway: RunningGateway, bearer: string): Promise<Response> {
  return fetch(`${gateway.url}/v1/events`, { headers: { authorization: `Bearer ${bearer}` } });
}

async function statusOf(gateway: RunningGateway, bearer: string): Promise<number> {
  return (await call(gateway, bearer)).status;
}

async function refusedWithin(timeout: number, bearer: string, at = gateways): Promise<void> {
  await vi.waitFor(
    async () => {
      const statuses = await Promise.all(at.map((gateway) => statusOf(gateway, bearer)));
      expect(statuses).toEqual(at.map(() => 401));
    },
    { timeout, interval: 25 },
  );
}

interface Readiness {
  status: string;
  checks: Record<string, { status: string; detail?: string }>;
}

async function readiness(gateway: RunningGateway): Promise<Readiness> {
  return (await (await fetch(`${gateway.adminUrl}/readyz`)).json()) as Readiness;
}

async function isHearing(gateway: RunningGateway): Promise<void> {
  await vi.waitFor(
    async () => expect((await readiness(gateway)).checks).toMatchObject({ revocations: { status: 'ok' } }),
    { timeout: 15_000 },
  );
}

async function metric(gateway: RunningGateway, name: string): Promise<number> {
  const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:{[^}]*})? (.+)$`, 'm').exec(text)?.[1] ?? 'missing');
}

describe('a revoked token', () => {
  it('is refused within a second at every gateway, like any invalid token', async () => {
    const [one, other] = [await start(NO_POLL), await start(NO_POLL)];
    const revoked = token();
    for (const gateway of [one, other]) expect(await statusOf(gateway, revoked)).toBe(200);

    broker.revoke({ accountId: account, sessionIds: [`ses_${account}`] });

    await refusedWithin(1_000, revoked);
    const answer = await call(one, revoked);
    expect(await answer.json()).toMatchObject({ code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
    const before = services.events.received.length;
    await call(other, revoked);
    expect(services.events.received).toHaveLength(before);
  });

  it('of a session does not affect other sessions of the account', async () => {
    const gateway = await start(NO_POLL);
    const stays = token({ sid: 'ses_stays' });
    broker.revoke({ accountId: account, sessionIds: ['ses_a', 'ses_b'] });
    for (const sid of ['ses_a', 'ses_b']) await refusedWithin(1_000, token({ sid }));
    expect(await statusOf(gateway, stays)).toBe(200);
  });

  it('of an older version stays valid in the excepted session, received or read', async () => {
    const revoked = { accountId: account, minVersion: 3, exceptSessionId: 'ses_stays' };
    services.revocations.record(revoked);
    await start(NO_POLL);
    for (const gateway of gateways) {
      expect(await statusOf(gateway, token({ sid: 'ses_gone' }))).toBe(401);
      expect(await statusOf(gateway, token({ sid: 'ses_stays' }))).toBe(200);
    }

    broker.revoke({ ...revoked, minVersion: 4 });
    await refusedWithin(1_000, token({ sid: 'ses_gone', ver: 3 }));
    for (const gateway of gateways) expect(await statusOf(gateway, token({ sid: 'ses_stays' }))).toBe(200);
  });

  it('of an older version is refused in every session, newer ones and other accounts are not', async () => {
    const gateway = await start(NO_POLL);
    broker.revoke({ accountId: account, minVersion: 3 });
    await refusedWithin(1_000, token({ ver: 2 }));
    expect(await statusOf(gateway, token({ ver: 1, sid: 'ses_new' }))).toBe(401);
    expect(await statusOf(gateway, token({ ver: 3 }))).toBe(200);
    expect(await statusOf(gateway, token({ sub: 'acc_other', ver: 2 }))).toBe(200);

    // A late, older revocation changes nothing.
    broker.revoke({ accountId: account, minVersion: 1 });
    broker.revoke({ accountId: account, sessionIds: ['ses_after'] });
    await refusedWithin(1_000, token({ ver: 3, sid: 'ses_after' }));
    expect(await statusOf(gateway, token({ ver: 2 }))).toBe(401);
  });

  it('is refused within five seconds while the broker is down', async () => {
    const gateway = await start();
    link.breakOff();
    await vi.waitFor(async () =>
      expect((await readiness(gateway)).checks['revocations']?.status).toBe('degraded'),
    );
    const revoked = token();
    expect(await statusOf(gateway, revoked)).toBe(200);
    services.revocations.record({ accountId: account, sessionIds: [`ses_${account}`] });
    await refusedWithin(6_000, revoked);
  });

  it('that was revoked without a queue is refused as soon as there is one again', async () => {
    const gateway = await start(NO_POLL);
    const revoked = token();
    link.breakOff();
    await vi.waitFor(async () =>
      expect((await readiness(gateway)).checks['revocations']?.status).toBe('degraded'),
    );
    services.revocations.record({ accountId: account, minVersion: 2 });
    broker.revoke({ accountId: account, minVersion: 2 });
    expect(await statusOf(gateway, revoked)).toBe(200);
    link.mend();
    await refusedWithin(15_000, revoked);
    expect(services.revocations.asked.at(-1)).toBeDefined();
  });

  it('that was revoked between the first reading and the queue is refused', async () => {
    link.breakOff();
    const gateway = await start(NO_POLL);
    services.revocations.record({ accountId: account, minVersion: 2 });
    expect(await statusOf(gateway, token())).toBe(200);
    link.mend();
    await refusedWithin(15_000, token());
  });

  it('stays refused after a restart of the gateway', async () => {
    services.revocations.record({ accountId: account, sessionIds: [`ses_${account}`] });
    services.revocations.record({ accountId: 'acc_banned', minVersion: 5 });
    const gateway = await start();
    expect(await statusOf(gateway, token())).toBe(401);
    expect(await statusOf(gateway, token({ sub: 'acc_banned', sid: 'ses_x', ver: 4 }))).toBe(401);
    expect(await statusOf(gateway, token({ sid: 'ses_other' }))).toBe(200);
  });

  it('does not affect a public route', async () => {
    services.revocations.record({ accountId: account, minVersion: 2 });
    const gateway = await start();
    const headers = { authorization: `Bearer ${token()}` };
    const answer = await fetch(`${gateway.url}/v1/auth/login`, { method: 'POST', headers, body: '{}' });
    expect(answer.status).toBe(200);
  });
});

describe('a message that is not a revocation', () => {
  it('is logged and dropped, and the next one is received', async () => {
    const gateway = await start(NO_POLL);
    broker.send('not JSON');
    broker.send('null');
    broker.revoke({ accountId: account, minVersion: 9 }, { type: 'laurel.sessions.revoked.v2' });
    broker.revoke({ minVersion: 9 });
    broker.revoke({ accountId: { $ne: '' }, minVersion: 9 });
    broker.revoke({ accountId: account, minVersion: '9' });
    broker.revoke({ accountId: account, minVersion: -1 });
    broker.revoke({ accountId: account, minVersion: 1e300 });
    broker.revoke({ accountId: account, sessionIds: [{}] });
    broker.revoke({ accountId: account, sessionIds: 'ses_1' });
    broker.revoke({ accountId: account, minVersion: 9 }, { time: 'yesterday' });
    broker.revoke({ accountId: account });
    broker.revoke({ accountId: '__proto__', minVersion: 9 });
    broker.revoke({ accountId: account, sessionIds: ['ses_last'] });
    await refusedWithin(1_000, token({ sid: 'ses_last' }));
    expect(await statusOf(gateway, token())).toBe(200);
    const dropped = gateway.log.filter(({ message }) => message === 'Broadcast dropped: unreadable');
    expect(dropped).toHaveLength(11);
    expect(await metric(gateway, 'gateway_revocations')).toBe(2);
  });
});

describe('before revocations have been read', () => {
  const unavailable: [string, () => void, () => void][] = [
    ['is not there (404)', () => (services.revocations.status = 404), () => undefined],
    ['fails (500)', () => (services.revocations.status = 500), () => undefined],
    [
      'is slow',
      () => {
        services.revocations.held = new Promise((resolve) => (release = resolve));
      },
      () => release(undefined),
    ],
  ];
  let release: (value: unknown) => void = () => undefined;

  it.each(unavailable)(
    'because auth-service %s: protected routes answer 503, public ones work, and then all do',
    async (_what, breakIt, mendIt) => {
      breakIt();
      const gateway = await start();
      const answer = await call(gateway, token());
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(await answer.json()).toMatchObject({ code: 'service_unavailable' });
      expect((await fetch(`${gateway.url}/v1/auth/login`, { method: 'POST', body: '{}' })).status).toBe(200);
      expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);

      mendIt();
      services.revocations.status = 200;
      await vi.waitFor(async () => expect(await statusOf(gateway, token())).toBe(200), { timeout: 6_000 });
      await vi.waitFor(async () => expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200));
    },
  );

  it('because auth-service knows none of our keys, the log says so', async () => {
    const gateway = await start({ INTERNAL_KEYS: `i1:${'x'.repeat(32)}` });
    expect(await statusOf(gateway, token())).toBe(503);
    const line = gateway.log.find(({ message }) => message === 'Revocations not read');
    expect(line).toMatchObject({
      level: 'error',
      error: { message: expect.stringMatching(/401.*INTERNAL_KEYS/) },
    });
  });
});

describe('while auth-service is down', () => {
  it('known revocations stay, messages are received, and a metric shows the age of the last reading', async () => {
    services.revocations.record({ accountId: 'acc_known', minVersion: 9 });
    const gateway = await start({ REVOCATIONS_REFRESH: '200ms' });
    await isHearing(gateway);
    services.revocations.status = 500;
    await vi.waitFor(
      async () =>
        expect((await readiness(gateway)).checks['revocations']).toMatchObject({
          status: 'degraded',
          detail: expect.stringMatching(/^not read for/),
        }),
      { timeout: 5_000 },
    );
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
    expect(await metric(gateway, 'gateway_revocations_age_seconds')).toBeGreaterThan(0.5);
    expect(await statusOf(gateway, token({ sub: 'acc_known' }))).toBe(401);
    expect(await statusOf(gateway, token())).toBe(200);
    broker.revoke({ accountId: account, minVersion: 2 });
    await refusedWithin(1_000, token());

    services.revocations.status = 200;
    await isHearing(gateway);
    expect(await metric(gateway, 'gateway_revocations_age_seconds')).toBeLessThan(5);
    const lines = gateway.log.filter(({ message }) => message === 'Revocations not read');
    expect(lines).toHaveLength(1);
  });

  it('another of its addresses is asked', async () => {
    const url = `http://127.0.0.1:9,${services.auth.url}`;
    const gateway = await start({
      AUTH_SERVICE_URL: url,
      JWKS_URL: `${services.auth.url}/.well-known/jwks.json`,
    });
    expect(await statusOf(gateway, token())).toBe(200);
  });
});

describe('auth-service is asked', () => {
  it('for everything at first, then with the last cursor', async () => {
    services.revocations.record({ accountId: 'acc_a', minVersion: 1 });
    await start({ REVOCATIONS_REFRESH: '100ms' });
    await vi.waitFor(() => expect(services.revocations.asked.length).toBeGreaterThan(3));
    expect(services.revocations.asked[0]).toBeUndefined();
    expect(new Set(services.revocations.asked.slice(1))).toEqual(new Set(['c1']));
  });

  it('for everything again when it refuses the cursor', async () => {
    const gateway = await start({ REVOCATIONS_REFRESH: '100ms' });
    services.revocations.status = 400;
    await vi.waitFor(() => expect(services.revocations.asked.slice(1)).toContain(undefined));
    services.revocations.status = 200;
    services.revocations.record({ accountId: account, minVersion: 2 });
    await refusedWithin(5_000, token(), [gateway]);
  });
});

it('an overflow of the revocation list makes no revoked token valid again', async () => {
  const gateway = await start({ ...NO_POLL, REVOCATIONS_LIMIT: '10' });
  const issued = Math.floor(Date.now() / 1000);
  for (let i = 0; i < 30; i += 1) broker.revoke({ accountId: account, sessionIds: [`ses_${i}`] });
  await refusedWithin(2_000, token({ sid: 'ses_29' }));
  for (let i = 0; i < 30; i += 1) expect(await statusOf(gateway, token({ sid: `ses_${i}` }))).toBe(401);
  expect(await metric(gateway, 'gateway_revocations')).toBeLessThanOrEqual(10);
  expect(await metric(gateway, 'gateway_revocations_refused_until_seconds')).toBeGreaterThanOrEqual(issued);
  expect(gateway.log).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: expect.stringMatching(/^Too many revocations/),
      limit: 10,
    }),
  );
  // A client that refreshes after that is served.
  expect(await statusOf(gateway, token({ sid: 'ses_fresh', iat: issued + 60 }))).toBe(200);
  expect(await statusOf(gateway, token({ sid: 'ses_29', iat: issued + 60 }))).toBe(401);
});

describe('without', () => {
  it('RABBITMQ_URL revocations are only read, with a warning at the start', async () => {
    const gateway = await start({ RABBITMQ_URL: '', REVOCATIONS_REFRESH: '200ms' });
    expect((await readiness(gateway)).checks['revocations']?.status).toBe('ok');
    expect(gateway.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringMatching(/^RABBITMQ_URL is not set/) }),
    );
    services.revocations.record({ accountId: account, minVersion: 2 });
    await refusedWithin(3_000, token());
  });

  it('INTERNAL_KEYS they are only received, with a warning and degraded readiness', async () => {
    const gateway = await start({ INTERNAL_KEYS: '' });
    expect(await statusOf(gateway, token())).toBe(200);
    expect((await readiness(gateway)).checks['revocations']).toMatchObject({
      status: 'degraded',
      detail: 'INTERNAL_KEYS is not set',
    });
    expect(gateway.log).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringMatching(/^INTERNAL_KEYS is not set/) }),
    );
    broker.revoke({ accountId: account, minVersion: 2 });
    await refusedWithin(1_000, token());
    expect(services.revocations.asked).toEqual([]);
  });

  it('both, tokens work until they expire, with a warning at the start', async () => {
    const gateway = await start({ INTERNAL_KEYS: '', RABBITMQ_URL: '' });
    expect(await statusOf(gateway, token())).toBe(200);
    expect(gateway.log).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/works until it expires$/) }),
    );
  });
});

it('the broker may be a cluster, and one of its nodes may be down', async () => {
  const gateway = await start({ ...NO_POLL, RABBITMQ_URLS: `amqp://127.0.0.1:9,${brokerUrl()}` });
  await isHearing(gateway);
  expect(await statusOf(gateway, token())).toBe(200);
  broker.revoke({ accountId: account, minVersion: 2 });
  await refusedWithin(1_000, token());
});
