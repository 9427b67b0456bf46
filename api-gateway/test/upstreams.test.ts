import { afterEach, describe, expect, it, vi } from 'vitest';
import { type FakeService, startFakeService } from './support/fake-service.ts';
import { startTestBed, type TestBed, type TestBedOptions } from './support/gateway.ts';

const KEY = { id: 'k1', secret: 'broken-service'.padEnd(32, '_') };
const WITHIN = { timeout: 15_000, interval: 20 };

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

/** The addresses of one service, which tests stop and start. */
async function startInstance(port?: number, host?: string): Promise<FakeService> {
  const service = await startFakeService('broken-service', KEY, port, host);
  running.push(service);
  return service;
}

/** Like a killed process: nothing is finished. */
async function kill(service: FakeService): Promise<void> {
  running.splice(running.indexOf(service), 1);
  await service.stop();
}

async function gatewayOver(
  instances: readonly FakeService[],
  { env, overrides }: TestBedOptions = {},
): Promise<TestBed> {
  const bed = await startTestBed({
    env: {
      ROUTES_FILE: 'test/support/routes.yaml',
      BROKEN_SERVICE_URL: instances.map(({ url }) => url).join(','),
      HEALTH_CHECK_INTERVAL: '50ms',
      ...env,
    },
    ...(overrides && { overrides }),
  });
  running.push(bed);
  return bed;
}

async function metric({ adminUrl }: TestBed, name: string, { url }: FakeService): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && each.includes(`upstream="${url}"`));
  return Number(line?.split(' ').at(-1));
}

describe('of two addresses', () => {
  it('one that is killed under load costs no repeatable request, and at most the others in flight, and is used again after it is back', async () => {
    const [lost, kept] = [await startInstance(), await startInstance()];
    for (const instance of [lost, kept]) {
      instance.answer = (_request, response) => void setTimeout(() => response.end('ok'), 5);
    }
    const bed = await gatewayOver([lost, kept]);
    const failures = { GET: [0, 0, 0, 0], POST: [0, 0, 0, 0] };
    let over = false;
    const load = Object.entries(failures).flatMap(([method, counts]) =>
      counts.map(async (_, worker) => {
        while (!over) {
          const answer = await fetch(`${bed.url}/broken`, { method });
          if (answer.status !== 200) counts[worker] = (counts[worker] ?? 0) + 1;
          await answer.text();
        }
      }),
    );
    await vi.waitFor(() => expect(lost.received.length).toBeGreaterThan(50), WITHIN);
    await kill(lost);
    const keptBefore = kept.received.length;
    await vi.waitFor(() => expect(kept.received.length).toBeGreaterThan(keptBefore + 200), WITHIN);
    const back = await startInstance(lost.port);
    await vi.waitFor(() => expect(back.received.length).toBeGreaterThan(50), WITHIN);
    over = true;
    await Promise.all(load);
    expect(failures.GET).toEqual([0, 0, 0, 0]);
    // Each had one in flight.
    for (const failed of failures.POST) expect(failed).toBeLessThanOrEqual(1);
  });

  it('one that does not answer in time is skipped, tried now and then, and used again when it answers', async () => {
    const [slow, quick] = [await startInstance(), await startInstance()];
    slow.answer = () => undefined;
    const bed = await gatewayOver([slow, quick]);
    const statuses: number[] = [];
    const ask = async () => statuses.push((await fetch(`${bed.url}/broken/quick`)).status);
    await vi.waitFor(async () => {
      await Promise.all(Array.from({ length: 10 }, ask));
      expect(await metric(bed, 'gateway_upstream_ejected', slow)).toBe(1);
    }, WITHIN);
    expect(statuses).toContain(504);

    statuses.length = 0;
    const asked = slow.received.length;
    for (let i = 0; i < 50; i += 1) await ask();
    // In this time the circuit breaker may be half open once or twice, each time with one trial.
    expect(slow.received.length - asked).toBeLessThanOrEqual(2);
    expect(statuses.filter((status) => status !== 200).length).toBe(slow.received.length - asked);

    slow.answer = (_request, response) => response.end('ok');
    await vi.waitFor(async () => {
      await ask();
      expect(await metric(bed, 'gateway_upstream_ejected', slow)).toBe(0);
    }, WITHIN);
  });

  it('one whose health check fails gets no requests while the other passes', async () => {
    const [ill, well] = [await startInstance(), await startInstance()];
    const bed = await gatewayOver([ill, well]);
    ill.health = 500;
    await vi.waitFor(async () => expect(await metric(bed, 'gateway_upstream_healthy', ill)).toBe(0), WITHIN);
    for (let i = 0; i < 20; i += 1) expect((await fetch(`${bed.url}/broken`)).status).toBe(200);
    expect(ill.received).toEqual([]);
    well.health = 500;
    await vi.waitFor(async () => expect(await metric(bed, 'gateway_upstream_healthy', well)).toBe(0), WITHIN);
    for (let i = 0; i < 20; i += 1) expect((await fetch(`${bed.url}/broken`)).status).toBe(200);
    expect(ill.received.length).toBeGreaterThan(0);
  });

  it('the one with fewer requests in work gets the next', async () => {
    const [busy, idle] = [await startInstance(), await startInstance()];
    const held: (() => void)[] = [];
    busy.answer = (_request, response) => void held.push(() => response.end());
    const bed = await gatewayOver([busy, idle]);
    const first = [fetch(`${bed.url}/broken`), fetch(`${bed.url}/broken`)];
    await vi.waitFor(() => expect(busy.received).toHaveLength(1), WITHIN);
    for (let i = 0; i < 10; i += 1) await (await fetch(`${bed.url}/broken`)).text();
    expect(busy.received).toHaveLength(1);
    for (const release of held) release();
    await Promise.all(first);
  });
});

describe('a service', () => {
  it('without a usable address is 503 at once with Retry-After, and comes back without a restart', async () => {
    const only = await startInstance();
    const bed = await gatewayOver([only]);
    await kill(only);
    const statuses: number[] = [];
    const answer = await vi.waitFor(async () => {
      const answer = await fetch(`${bed.url}/broken`, { method: 'POST' });
      statuses.push(answer.status);
      expect(answer.status).toBe(503);
      return answer;
    }, WITHIN);
    expect(new Set(statuses.slice(0, -1))).toEqual(new Set([502]));
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ code: 'service_unavailable' });
    expect(text).not.toContain(String(only.port));

    await startInstance(only.port);
    await vi.waitFor(async () => expect((await fetch(`${bed.url}/broken`)).status).toBe(200), WITHIN);
  });

  it('that hangs delays and rejects its own requests, while other services answer', async () => {
    const slow = await startInstance();
    const held: (() => void)[] = [];
    slow.answer = (_request, response) => void held.push(() => response.end('ok'));
    const bed = await gatewayOver([slow], { env: { UPSTREAM_CONCURRENCY: '3' } });
    const ask = () => fetch(`${bed.url}/broken`);
    const inside = [ask(), ask(), ask()];
    await vi.waitFor(() => expect(slow.received).toHaveLength(3), WITHIN);
    const others = await Promise.all(Array.from({ length: 8 }, ask));
    expect(others.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 503));
    expect(others[0]?.headers.get('retry-after')).toBe('1');
    for (let i = 0; i < 10; i += 1) expect((await fetch(`${bed.url}/open`)).status).toBe(200);
    expect(slow.received).toHaveLength(3);

    const waiting = ask();
    for (const release of held.splice(0)) release();
    expect((await Promise.all(inside)).map(({ status }) => status)).toEqual([200, 200, 200]);
    await vi.waitFor(() => expect(held).toHaveLength(1), WITHIN);
    held[0]?.();
    expect((await waiting).status).toBe(200);
  });

  it('whose name resolves to another address is asked there, without a restart', async () => {
    const before = await startInstance();
    const after = await startInstance(before.port, '127.0.0.2');
    let addresses = ['127.0.0.1'];
    const bed = await gatewayOver([before], {
      env: { BROKEN_SERVICE_URL: `http://broken.test:${before.port}`, DNS_REFRESH: '50ms' },
      overrides: { resolve: async (name) => (name === 'broken.test' ? addresses : []) },
    });
    expect((await fetch(`${bed.url}/broken`)).status).toBe(200);
    expect(before.received[0]?.headers.host).toBe(`broken.test:${before.port}`);
    addresses = ['127.0.0.2'];
    await vi.waitFor(async () => {
      expect((await fetch(`${bed.url}/broken`)).status).toBe(200);
      expect(after.received.length).toBeGreaterThan(0);
    }, WITHIN);
    const asked = before.received.length;
    for (let i = 0; i < 10; i += 1) expect((await fetch(`${bed.url}/broken`)).status).toBe(200);
    expect(before.received).toHaveLength(asked);
  });

  it('that does not finish its answer in time is cut off', async () => {
    const stuck = await startInstance();
    stuck.answer = (_request, response) => void response.writeHead(200).write('first');
    const bed = await gatewayOver([stuck]);
    const answer = await fetch(`${bed.url}/broken/quick`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    await vi.waitFor(() => expect(stuck.received[0]?.aborted).toBe(true), WITHIN);
  });
});
