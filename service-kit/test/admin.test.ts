import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAdminServer, createMetrics, createReadiness } from '../src/admin/index.ts';
import { defineEndpoint, reply } from '../src/http/index.ts';
import { createLogger } from '../src/logging/index.ts';

const base = { operationId: 'control', summary: 'A control', tag: 'control', access: 'unsigned' } as const;
const pause = defineEndpoint({
  ...base,
  method: 'POST',
  path: '/consumers/pause',
  responses: { 204: { description: 'Paused' } },
  handle: async () => reply(204),
});

async function startAdmin(token?: string) {
  const logger = createLogger({ service: 'test', level: 'error', destination: new PassThrough() });
  const readiness = createReadiness({ store: async () => ({ degraded: 'slow' }) });
  const metrics = createMetrics('test-service');
  const server = createAdminServer({
    host: '127.0.0.1',
    port: 0,
    readiness,
    metrics,
    logger,
    token,
    endpoints: [pause, { ...pause, method: 'GET' }],
  });
  await server.start();
  onTestFinished(() => server.stop());
  return { readiness, base: `http://127.0.0.1:${server.address().port}` };
}

describe('the admin server', () => {
  it('says what each dependency answered', async () => {
    const { base, readiness } = await startAdmin();
    const starting = await fetch(`${base}/readyz`);
    expect(starting.status).toBe(503);
    readiness.open();
    const open = await fetch(`${base}/readyz`);
    expect(open.status).toBe(200);
    const checks = { store: { status: 'degraded', detail: 'slow' } };
    expect(await open.json()).toEqual({ status: 'degraded', checks });
  });

  it('serves health without asking a dependency, and metrics as Prometheus reads them', async () => {
    const { base } = await startAdmin();
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    const metrics = await fetch(`${base}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await metrics.text()).toMatch(/^process_cpu_seconds_total\{service="test-service"\} /m);
  });

  it.each([
    ['a change without a token where none is set', undefined, undefined, 403],
    ['any token where none is set', undefined, 'Bearer undefined', 403],
    ['a change without the token', 'the-admin-token', undefined, 401],
    ['a change with another token', 'the-admin-token', 'Bearer the-admin-tokem', 401],
    ['a change with the token', 'the-admin-token', 'Bearer the-admin-token', 204],
  ])('answers %s', async (_what, token, authorization, status) => {
    const { base } = await startAdmin(token);
    const headers = { ...(authorization && { authorization }) };
    expect((await fetch(`${base}/consumers/pause`, { method: 'POST', headers })).status).toBe(status);
  });

  it('lets everybody on its port look', async () => {
    const { base } = await startAdmin('the-admin-token');
    expect((await fetch(`${base}/consumers/pause`)).status).toBe(204);
  });
});
