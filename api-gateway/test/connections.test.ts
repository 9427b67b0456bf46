import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from './support/fake-service.ts';
import { type GatewayProcess, spawnGateway } from './support/gateway-process.ts';
import { resetServices, startGateway, startTestBed, type TestBed } from './support/gateway.ts';
import { exchangeRaw, rawClient } from './support/raw-client.ts';

const ROUTES_FILE = 'test/support/routes.yaml';
let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed({ env: { ROUTES_FILE } });
});
afterAll(async () => {
  await bed.stop();
});
beforeEach(() => {
  resetServices(bed, echo);
});

const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');

const post = (path: string, body: string, length = body.length): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`;

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

const statusesOf = (answers: string): string[] =>
  [...answers.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);

async function metricOf(adminUrl: string, start: string): Promise<number> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

describe('no client can end the gateway, with the shipped routing table,', () => {
  let gateway: GatewayProcess;

  beforeAll(async () => {
    gateway = await spawnGateway(bed);
  });
  afterAll(async () => {
    await gateway.end('SIGTERM');
  });

  async function expectAlive(): Promise<void> {
    expect((await fetch(`${gateway.url}/healthz`)).status).toBe(200);
    expect(gateway.log.filter(({ message }) => message === 'Crashed')).toEqual([]);
    await vi.waitFor(async () => {
      expect(await metricOf(gateway.adminUrl, 'gateway_upstream_requests')).toBe(0);
      expect(await metricOf(gateway.adminUrl, 'gateway_bulkhead')).toBe(0);
    });
  }

  const port = () => Number(new URL(gateway.url).port);

  it('by an upgrade after a request without an answer', async () => {
    const answers = await exchangeRaw(port(), get('/healthz') + get('/v1/claims/export', ...WEBSOCKET));
    expect(statusesOf(answers)).toEqual(['200', '401']);
    await expectAlive();
  });

  it.each([
    ['a body', post('/v1/auth/login', '{}') + post('/v1/auth/login', '{"user', 100)],
    ['a body, behind a request in work', get('/v1/events/x') + post('/v1/auth/login', '', 10)],
    ['a chunk', `POST /v1/auth/login HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf`],
  ])('by a disconnect in the middle of %s', async (_of, requests) => {
    bed.auth.answer = (request, response) => void request.resume().on('end', () => response.end('{}'));
    for (let each = 0; each < 18; each += 1) {
      const client = await rawClient(port());
      client.send(requests);
      await delay(each);
      if (each % 2 === 0) client.socket.destroy();
      else client.socket.resetAndDestroy();
      await client.closed();
    }
    await expectAlive();
  });
});

describe('one connection', () => {
  it('has one request in work at a service, however many the client sends ahead', async () => {
    let inWork = 0;
    let most = 0;
    let inFirst: ServerResponse | undefined;
    bed.auth.answer = (request, response) => {
      most = Math.max(most, (inWork += 1));
      response.once('close', () => (inWork -= 1));
      if (request.url === '/open?other') response.end('served');
      else inFirst ??= response;
    };
    const client = await rawClient(bed.port);
    client.send(get('/open').repeat(90));
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
    const other = await fetch(`${bed.url}/open?other`);
    expect(await other.text()).toBe('served');
    expect([most, bed.auth.received.length]).toEqual([2, 2]);
    bed.auth.answer = (_request, response) => void response.end('{}');
    inFirst?.end('{}');
    await vi.waitFor(() => expect(statusesOf(client.received())).toHaveLength(90));
    client.socket.destroy();
  });

  it('that sends 1,500 requests ahead is closed, and leaves nothing behind', async () => {
    bed.auth.answer = () => undefined;
    const client = await rawClient(bed.port);
    client.send(get('/open').repeat(1_500));
    await client.closed();
    await vi.waitFor(() => expect(bed.auth.received.map(({ aborted }) => aborted)).toEqual([true]));
    expect(await metricOf(bed.adminUrl, 'http_connection_errors_total')).toBe(1);
    await vi.waitFor(async () => {
      expect(await metricOf(bed.adminUrl, 'http_requests_active{service="api-gateway",server="http"')).toBe(
        0,
      );
      expect(await metricOf(bed.adminUrl, 'gateway_bulkhead')).toBe(0);
    });
  });

  it('has its unsafe requests performed in order', async () => {
    const done: string[] = [];
    bed.auth.answer = (request, response, received) => {
      request.on('end', () => {
        // Earlier requests are slower, so parallel work would reverse the order.
        const waitMs = 80 - 10 * bed.auth.received.length;
        setTimeout(() => {
          done.push(received.body.toString());
          response.end('{}');
        }, waitMs);
      });
    };
    const client = await rawClient(bed.port);
    const sent = ['1', '2', '3', '4', '5', '6', '7', '8'];
    client.send(sent.map((body) => post('/open', body)).join(''));
    await vi.waitFor(() => expect(done).toEqual(sent), { timeout: 5_000 });
    client.socket.destroy();
  });

  it('that closes during a request cancels the work', async () => {
    bed.auth.answer = () => undefined;
    const client = await rawClient(bed.port);
    client.send(get('/open'));
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
    client.socket.destroy();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('is not read after a declined upgrade', async () => {
    bed.auth.answer = (_request, response) => void setTimeout(() => response.end('{}'), 100);
    const client = await rawClient(bed.port);
    client.send(
      `${get('/open', 'Connection: Upgrade', 'Upgrade: h2c')}POST /open HTTP/1.1\r\nHost: a\r\nX-Note: `,
    );
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
    client.send(get('/open?hidden'));
    expect(statusesOf(await client.closed())).toEqual(['200']);
    expect(client.received()).toMatch(/connection: close/i);
    expect(bed.auth.received.map(({ url }) => url)).toEqual(['/open']);
  });
});

it('one address takes no more than its share of a service', async () => {
  const env = {
    ROUTES_FILE,
    UPSTREAM_CONCURRENCY: '40',
    UPSTREAM_PERCENT_PER_ADDRESS: '50',
    TRUST_PROXY: '1',
  };
  const gateway = await startGateway(bed, env);
  bed.auth.answer = (request, response) => {
    if (request.url === '/open?other') response.end('served');
  };
  const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
  const leave = new AbortController();
  const attackers = Array.from({ length: 60 }, () =>
    fetch(`${gateway.url}/open`, { ...from('203.0.113.7'), signal: leave.signal }).then(
      ({ status }) => status,
      () => 'left',
    ),
  );
  try {
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(20));
    // Twenty more wait for a second; the other requests of this address have no place in the queue.
    const statuses = await Promise.all(attackers.slice(40));
    expect(statuses).toEqual(statuses.map(() => 503));
    const other = await fetch(`${gateway.url}/open?other`, from('203.0.113.8'));
    expect(await other.text()).toBe('served');
  } finally {
    leave.abort();
    await gateway.stop();
  }
});

it('slow bodies lose their places when BODY_TIMEOUT is over', async () => {
  const gateway = await startGateway(bed, { ROUTES_FILE, BODY_TIMEOUT: '800ms' });
  const clients = await Promise.all(Array.from({ length: 10 }, () => rawClient(gateway.port)));
  for (const client of clients) client.send(post('/big', '{', 1_000));
  const drip = setInterval(() => {
    for (const client of clients) client.send(' ');
  }, 50);
  try {
    await vi.waitFor(async () =>
      expect(await metricOf(gateway.adminUrl, 'gateway_bulkhead_inside')).toBe(10),
    );
    for (const client of clients) expect(statusesOf(await client.closed())).toEqual(['408']);
    await vi.waitFor(async () => expect(await metricOf(gateway.adminUrl, 'gateway_bulkhead_inside')).toBe(0));
  } finally {
    clearInterval(drip);
    await gateway.stop();
  }
});

it.each([
  ['a length', { 'content-length': '6' }],
  ['chunks', {}],
])(
  'an early answer of a service with %s reaches every client that is still sending',
  async (_with, headers) => {
    bed.auth.answer = (request, response) => {
      request.once('data', () => response.writeHead(413, headers).end('enough'));
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const client = await rawClient(bed.port);
        client.send(post('/big', 'x'.repeat(1_000), 40_000_000));
        for (let sent = 0; sent < 20 && client.socket.writable; sent += 1) {
          client.send(Buffer.alloc(500_000));
          await delay(5);
        }
        return client.closed();
      }),
    );
    expect(answers.map((answer) => /^HTTP\/1\.1 413 [^]*enough/.test(answer))).toEqual(
      answers.map(() => true),
    );
  },
);
