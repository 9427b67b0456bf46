import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
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

async function startAdmin(token?: string, allowedHosts?: ReadonlySet<string>) {
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
    ...(allowedHosts && { allowedHosts }),
    endpoints: [pause, { ...pause, method: 'GET' }],
  });
  await server.start();
  onTestFinished(() => server.stop());
  const { port } = server.address();
  return { readiness, port, base: `http://127.0.0.1:${port}` };
}

describe('the admin server', () => {
  it('shows the result of each check', async () => {
    const { base, readiness } = await startAdmin();
    const starting = await fetch(`${base}/readyz`);
    expect(starting.status).toBe(503);
    readiness.open();
    const open = await fetch(`${base}/readyz`);
    expect(open.status).toBe(200);
    const checks = { store: { status: 'degraded', detail: 'slow' } };
    expect(await open.json()).toEqual({ status: 'degraded', checks });
  });

  it('serves health without checks, and metrics in the Prometheus format', async () => {
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

  it('needs no token for reading', async () => {
    const { base } = await startAdmin('the-admin-token');
    expect((await fetch(`${base}/consumers/pause`)).status).toBe(204);
  });
});

describe('the Host of a request to the admin server', () => {
  async function ask(port: number, head: string): Promise<string> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.end(`GET /metrics ${head}\r\nConnection: close\r\n\r\n`);
    return text(socket);
  }
  const withHost = (port: number, host: string) => ask(port, `HTTP/1.1\r\nHost: ${host}`);

  it.each([
    '127.0.0.1',
    '127.0.0.1:3100',
    '10.4.0.7',
    '[::1]',
    '[::1]:3100',
    '[0:0:0:0:0:0:0:1]:3100',
    'localhost',
    'LOCALHOST.:3100',
  ])('may be %s', async (host) => {
    expect(await withHost((await startAdmin()).port, host)).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    'evil.example',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil.example:3100',
    'auth-service',
    '2130706433',
    '127.1',
    'a b',
    '',
  ])('may not be %s, and the answer reveals nothing', async (host) => {
    const answer = await withHost((await startAdmin()).port, host);
    expect(answer).toMatch(/^HTTP\/1\.1 421 [^]*\r\n\r\n[^]*"code":"misdirected_request"/);
    expect(answer).not.toContain('process_cpu');
  });

  it('may be an allowed name in any form', async () => {
    const { port } = await startAdmin(undefined, new Set(['auth-service', 'xn--bcher-kva.example']));
    for (const host of ['auth-service:3101', 'Auth-Service.', 'Bücher.example']) {
      expect(await withHost(port, host)).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(await withHost(port, 'localhost')).toMatch(/^HTTP\/1\.1 421 /);
  });

  it('may be missing in HTTP/1.0', async () => {
    expect(await ask((await startAdmin()).port, 'HTTP/1.0')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is refused before the token is checked, and counted', async () => {
    const { port, base } = await startAdmin('the-admin-token');
    const socket = connect(port, '127.0.0.1');
    socket.end(
      'POST /consumers/pause HTTP/1.1\r\nHost: evil.example\r\nAuthorization: Bearer the-admin-token\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    );
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 421 /);
    expect(await (await fetch(`${base}/metrics`)).text()).toMatch(
      /^admin_misdirected_requests_total\{service="test-service"\} 1$/m,
    );
  });
});
