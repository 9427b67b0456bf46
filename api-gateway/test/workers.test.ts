import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startServices, type Services } from './support/gateway.ts';
import { type GatewayProcess, spawnGateway } from './support/gateway-process.ts';

const WITHIN = { timeout: 20_000, interval: 50 };

let services: Services;
let gateway: GatewayProcess;

beforeAll(async () => {
  services = await startServices();
  gateway = await spawnGateway(services, { WORKERS: '2', ROUTES_FILE: 'test/support/routes.yaml' });
});
afterAll(async () => {
  await Promise.all([services.auth.stop(), services.events.stop()]);
});

const workerPids = () =>
  gateway.log.filter(({ message }) => message === 'Worker started').map(({ ofPid }) => Number(ofPid));

/** Over a new connection, so that another worker may answer. */
const ask = async () => (await fetch(`${gateway.url}/open`, { headers: { connection: 'close' } })).status;

async function metrics(): Promise<string> {
  return (await fetch(`${gateway.adminUrl}/metrics`)).text();
}

it('workers share a port, and the admin server reports about all of them', async () => {
  expect(workerPids()).toHaveLength(2);
  for (let i = 0; i < 20; i += 1) expect(await ask()).toBe(200);
  const served = new Set(
    gateway.log
      .filter(({ message, route }) => message === 'request' && route === 'open')
      .map(({ worker }) => worker),
  );
  expect(served.size).toBe(2);
  const text = await metrics();
  expect(text).toMatch(/http_request_duration_seconds_count\{[^}]*route="open"[^}]*\} 20\n/);
  expect(text).toMatch(/gateway_workers_ready(\{[^}]*\})? 2\n/);
  const readiness = async () => (await fetch(`${gateway.adminUrl}/readyz`)).json();
  expect(await readiness()).toMatchObject({ status: 'ready', checks: { workers: { status: 'ok' } } });
  services.events.health = 500;
  expect(await readiness()).toMatchObject({
    status: 'degraded',
    checks: { workers: { status: 'degraded', detail: `${services.events.url}: not reachable` } },
  });
});

it('a worker that dies is replaced, and the others continue', async () => {
  const [victim = 0] = workerPids();
  process.kill(victim, 'SIGKILL');
  await vi.waitFor(() => expect(workerPids()).toHaveLength(3), WITHIN);
  expect(gateway.log).toContainEqual(
    expect.objectContaining({
      level: 'error',
      message: 'Worker died, starting a new one',
      signal: 'SIGKILL',
    }),
  );
  for (let i = 0; i < 10; i += 1) expect(await ask()).toBe(200);
  await vi.waitFor(async () => {
    const text = await metrics();
    expect(text).toMatch(/gateway_workers_ready(\{[^}]*\})? 2\n/);
    expect(text).toMatch(/gateway_worker_restarts_total(\{[^}]*\})? 1\n/);
  }, WITHIN);
});

it('a stop stops all workers: requests in work are finished, and no process is left', async () => {
  const held = Promise.withResolvers<void>();
  services.auth.answer = (_request, response) => void held.promise.then(() => response.end('{}'));
  const asked = services.auth.received.length;
  const answer = fetch(`${gateway.url}/open`);
  await vi.waitFor(() => expect(services.auth.received).toHaveLength(asked + 1), WITHIN);
  const ended = gateway.end('SIGTERM');
  await vi.waitFor(async () => expect(fetch(`${gateway.url}/healthz`)).rejects.toThrow(), WITHIN);
  held.resolve();
  expect((await answer).status).toBe(200);
  expect(await ended).toBe(0);
  for (const pid of workerPids()) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});
