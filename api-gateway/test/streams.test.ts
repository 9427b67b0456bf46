import { once } from 'node:events';
import { createServer, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createIdentityVerifier } from 'service-kit/identity';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { echo } from './support/fake-service.ts';
import { spawnGateway } from './support/gateway-process.ts';
import { resetServices, startTestBed, type TestBed } from './support/gateway.ts';
import { rawClient } from './support/raw-client.ts';
import { accessToken, clientToken } from './support/tokens.ts';

const WITHIN = { timeout: 15_000, interval: 20 };
const MIB = 1024 * 1024;
const ROUTES_FILE = 'test/support/routes.yaml';

let bed: TestBed;
let upgrades: IncomingMessage[] = [];
/** The service's side of the WebSockets. */
let sockets: WebSocket[] = [];

beforeAll(async () => {
  bed = await startTestBed({ env: { ROUTES_FILE, REVOCATIONS_REFRESH: '100ms' } });
});
afterAll(async () => {
  await bed.stop();
});
beforeEach(() => {
  resetServices(bed, echo);
  serveWebSockets(bed);
});

/** Echoes messages, and chooses the first subprotocol. */
function serveWebSockets({ auth }: Pick<TestBed, 'auth'>): void {
  upgrades = [];
  sockets = [];
  const server = new WebSocketServer({ noServer: true });
  auth.onUpgrade = (request, socket, head) => {
    upgrades.push(request);
    server.handleUpgrade(request, socket, head, (webSocket) => {
      sockets.push(webSocket);
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    });
  };
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function openSocket(
  path: string,
  { headers = {}, protocols = [] }: { headers?: Record<string, string>; protocols?: string[] } = {},
): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${bed.port}${path}`, protocols, { headers });
  await once(socket, 'open');
  return socket;
}

/** The status and the problem of a refused upgrade. */
async function refusalOf(path: string, headers: Record<string, string> = {}): Promise<[number, unknown]> {
  const socket = new WebSocket(`ws://127.0.0.1:${bed.port}${path}`, { headers });
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return [response.statusCode ?? 0, JSON.parse(Buffer.concat(chunks).toString() || '{}')];
}

/** Writes while the other side reads, and far more than anything should buffer. */
function flood(socket: Writable, onWritten: (bytes: number) => void): void {
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  const write = (): void => {
    while (written < 256 * MIB) {
      written += chunk.length;
      onWritten(written);
      if (!socket.write(chunk)) return void socket.once('drain', write);
    }
  };
  write();
}

/** Waits until a growing number has stopped growing. */
async function whenStable(read: () => number): Promise<number> {
  let before = -1;
  await vi.waitFor(
    () => {
      const isStable = read() > 0 && read() === before;
      before = read();
      expect(isStable).toBe(true);
    },
    { timeout: 20_000, interval: 300 },
  );
  return before;
}

const HANDSHAKE =
  'GET /open-stream HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';

describe('a WebSocket', () => {
  it('carries messages both ways, with a signed identity', async () => {
    const socket = await openSocket('/stream/room?x=1', {
      headers: { ...bearer(accessToken(bed.keys)), 'x-user-id': 'EVIL', x_user_id: 'EVIL', cookie: 'a=b' },
    });
    socket.send('hello');
    const [answer] = (await once(socket, 'message')) as [Buffer];
    expect(answer.toString()).toBe('hello');
    const large = Buffer.alloc(3 * MIB, 7);
    socket.send(large);
    const [back] = (await once(socket, 'message')) as [Buffer];
    expect(back.equals(large)).toBe(true);

    const [request] = upgrades;
    const verify = createIdentityVerifier({
      service: 'auth-service',
      keys: [{ id: 'k1', secret: 'auth-service'.padEnd(32, '_') }],
    });
    expect(request?.url).toBe('/stream/room?x=1');
    expect(verify('GET', request?.url ?? '', request?.headers ?? {})).toMatchObject({ userId: 'acc_1' });
    expect(request?.headers).not.toHaveProperty('authorization');
    expect(request?.headers['cookie']).toBe('a=b');
    expect(request?.rawHeaders).not.toContain('EVIL');

    socket.close(4001, 'done');
    await vi.waitFor(() =>
      expect(bed.log).toContainEqual(
        expect.objectContaining({ message: 'request', route: 'stream', status: 101, userId: 'acc_1' }),
      ),
    );
    expect(bed.log.find(({ route }) => route === 'stream')).not.toHaveProperty('aborted');
  });

  it('may bring its token as a subprotocol, which no service sees', async () => {
    const token = accessToken(bed.keys);
    const chat = await openSocket('/stream', { protocols: ['bearer', token, 'chat'] });
    expect(chat.protocol).toBe('chat');
    const plain = await openSocket('/stream', { protocols: ['bearer', token] });
    expect(plain.protocol).toBe('bearer');
    const twice = await rawClient(bed.port);
    const offer = `Sec-WebSocket-Protocol: bearer, ${token}, Bearer, ${token}\r\n`;
    twice.send(`${HANDSHAKE.replace('/open-stream', '/stream')}${offer}\r\n`);
    await vi.waitFor(() => expect(twice.received()).toMatch(/^HTTP\/1\.1 101 /));
    const offered = upgrades.map(({ headers }) => headers['sec-websocket-protocol']);
    expect(offered).toEqual(['chat', undefined, undefined]);
    for (const { rawHeaders } of upgrades) expect(rawHeaders.join()).not.toContain(token);
    for (const socket of [chat, plain]) socket.terminate();
    twice.socket.destroy();
    await vi.waitFor(() => expect(bed.log.filter(({ status }) => status === 101)).toHaveLength(3));
    expect(JSON.stringify(bed.log)).not.toContain(token);
  });

  it('is refused like a request, and reaches no service', async () => {
    expect(await refusalOf('/stream')).toEqual([401, expect.objectContaining({ code: 'unauthenticated' })]);
    expect(await refusalOf('/stream', bearer('x.y.z'))).toMatchObject([401, { code: 'unauthenticated' }]);
    expect(await refusalOf('/stream', bearer(clientToken(bed.keys, 'claims:read')))).toMatchObject([
      403,
      { code: 'forbidden' },
    ]);
    expect(upgrades).toEqual([]);
  });

  it('on a route without streams is an ordinary request', async () => {
    expect(await refusalOf('/open')).toMatchObject([200, { url: '/open' }]);
    expect(bed.auth.received[0]?.headers).not.toHaveProperty('upgrade');
    expect(upgrades).toEqual([]);
  });

  it("that the service refuses gets the service's answer", async () => {
    bed.auth.onUpgrade = (_request, socket) =>
      void socket.end(
        'HTTP/1.1 404 Not Found\r\nContent-Length: 14\r\n\r\n{"code":"gone"}'.replace('gone', 'away'),
      );
    const [status] = await refusalOf('/open-stream').catch(() => [404]);
    expect(status).toBe(404);
  });

  it('slows the service while its client does not read', async () => {
    let written = 0;
    bed.auth.onUpgrade = (_request, socket) => {
      socket.write(SWITCHED);
      flood(socket, (bytes) => (written = bytes));
    };
    const client = await rawClient(bed.port);
    client.socket.pause();
    client.send(`${HANDSHAKE}\r\n`);
    expect(await whenStable(() => written)).toBeLessThan(64 * MIB);
    client.socket.resume();
    await vi.waitFor(() => expect(written).toBe(256 * MIB), WITHIN);
    client.socket.destroy();
  });

  it('slows the client while its service does not read', async () => {
    const upgraded = Promise.withResolvers<Socket>();
    bed.auth.onUpgrade = (_request, socket) => {
      socket.pause().write(SWITCHED);
      upgraded.resolve(socket);
    };
    const client = await rawClient(bed.port);
    client.send(`${HANDSHAKE}\r\n`);
    const service = await upgraded.promise;
    let written = 0;
    flood(client.socket, (bytes) => (written = bytes));
    expect(await whenStable(() => written)).toBeLessThan(64 * MIB);
    service.resume();
    await vi.waitFor(() => expect(written).toBe(256 * MIB), WITHIN);
    client.socket.destroy();
  });

  it.each([
    ['a length', 'Content-Length: 2\r\n\r\nhi'],
    ['chunks', 'Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ])(
    'is refused for a request with a body with %s: the body would become its first bytes',
    async (_how, body) => {
      const client = await rawClient(bed.port);
      client.send(HANDSHAKE.replace('Connection: ', 'Connection: close, ') + body);
      expect(await client.closed()).toMatch(/^HTTP\/1\.1 200 /);
      expect(upgrades).toEqual([]);
      expect(bed.auth.received).toMatchObject([{ url: '/open-stream', body: Buffer.from('hi') }]);
    },
  );

  it('has no spoofed identity, in any spelling', async () => {
    const spoofed = [
      'x-user-id',
      'X_USER_ID',
      'x.user.id',
      'x!user!id',
      'X_Gateway_Signature',
      'x-session_id',
    ]
      .concat(['x-client-address', 'Forwarded', 'x_forwarded_for', 'X-Internal-Signature', 'x-request-id'])
      .map((name) => `${name}: EVIL\r\n`);
    const client = await rawClient(bed.port);
    client.send(`${HANDSHAKE}${spoofed.join('')}Connection: x-user-id, x-gateway-signature\r\n\r\n`);
    await vi.waitFor(() => expect(upgrades).toHaveLength(1));
    expect(upgrades[0]?.rawHeaders.join()).not.toContain('EVIL');
    expect(upgrades[0]?.headers['x-gateway-signature']).toMatch(/^v1;/);
    client.socket.destroy();
  });

  it.each(['client', 'service'] as const)('that the %s closes is closed for the other side', async (side) => {
    const socket = await openSocket('/open-stream');
    await vi.waitFor(() => expect(sockets).toHaveLength(1));
    const [mine, other] = side === 'client' ? [socket, sockets[0]] : [sockets[0], socket];
    const closed = once(other ?? socket, 'close');
    mine?.terminate();
    await closed;
  });

  it('whose service is down is answered with 502', async () => {
    bed.auth.onUpgrade = (_request, socket) => void socket.destroy();
    expect(await refusalOf('/open-stream')).toMatchObject([502, { code: 'upstream_failed' }]);
  });

  it.each([
    [
      'expires',
      () => accessToken(bed.keys, { claims: { exp: Math.floor(Date.now() / 1000) + 2 } }),
      () => undefined,
    ],
    [
      'is revoked',
      () => accessToken(bed.keys, { claims: { sid: 'ses_ws' } }),
      () => bed.revocations.record({ accountId: 'acc_1', sessionIds: ['ses_ws'] }),
    ],
  ])('ends when its token %s', async (_what, makeToken, then) => {
    const socket = await openSocket('/stream', { headers: bearer(makeToken()) });
    const other = await openSocket('/stream', { headers: bearer(accessToken(bed.keys)) });
    const closed = once(socket, 'close');
    then();
    await closed;
    expect(other.readyState).toBe(WebSocket.OPEN);
    other.terminate();
    await vi.waitFor(() =>
      expect(bed.log).toContainEqual(
        expect.objectContaining({ status: 101, ended: 'its token is not valid any more' }),
      ),
    );
  });
});

describe('server-sent events', () => {
  const events = (respond: (response: ServerResponse) => void) => {
    bed.auth.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      respond(response);
    };
  };

  it('begin before the first event, arrive one by one, and outlast the time-out of a request', async () => {
    let send: ServerResponse | undefined;
    events((response) => void (send = response));
    const beganAt = performance.now();
    const answer = await fetch(`${bed.url}/open-stream`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body?.getReader();
    // timeoutMs of this route is a second.
    for (let i = 0; performance.now() - beganAt < 1_500; i += 1) {
      send?.write(`data: ${i}\n\n`);
      const { value } = (await reader?.read()) ?? {};
      expect(Buffer.from(value ?? []).toString()).toBe(`data: ${i}\n\n`);
    }
    await reader?.cancel();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('slow the service while the client does not read', async () => {
    let written = 0;
    events((response) => flood(response, (bytes) => (written = bytes)));
    const client = await rawClient(bed.port);
    client.socket.pause();
    client.send('GET /open-stream HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await whenStable(() => written)).toBeLessThan(64 * MIB);
    client.socket.destroy();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('end with their token even if the client does not read', async () => {
    events((response) => flood(response, () => undefined));
    const token = accessToken(bed.keys, { claims: { sid: 'ses_deaf' } });
    const client = await rawClient(bed.port);
    client.socket.pause();
    client.send(`GET /stream HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
    bed.revocations.record({ accountId: 'acc_1', sessionIds: ['ses_deaf'] });
    await vi.waitFor(
      () =>
        expect(bed.log).toContainEqual(expect.objectContaining({ ended: 'its token is not valid any more' })),
      WITHIN,
    );
    client.socket.destroy();
  });

  it('end when their token is revoked', async () => {
    events((response) => void response.write('data: 1\n\n'));
    const token = accessToken(bed.keys, { claims: { sid: 'ses_events' } });
    const answer = await fetch(`${bed.url}/stream`, { headers: bearer(token) });
    bed.revocations.record({ accountId: 'acc_1', sessionIds: ['ses_events'] });
    expect(await answer.text()).toBe('data: 1\n\n');
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });
});

it('streams do not delay a stop: they end, so that their clients connect elsewhere', async () => {
  const own = await startTestBed({ env: { ROUTES_FILE } });
  serveWebSockets(own);
  own.auth.answer = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
  };
  const socket = new WebSocket(`ws://127.0.0.1:${own.port}/open-stream`);
  await once(socket, 'open');
  const events = await fetch(`${own.url}/open-stream`);
  const closed = once(socket, 'close');
  const stopped = own.stop();
  expect(await events.text()).toBe('');
  await closed;
  await stopped;
  expect(own.log.map(({ message }) => message)).not.toContain('Requests cut off by the shutdown');
});

it('streams above the limit are refused, and requests are not', async () => {
  const own = await startTestBed({ env: { ROUTES_FILE, UPSTREAM_STREAMS: '1' } });
  serveWebSockets(own);
  const socket = new WebSocket(`ws://127.0.0.1:${own.port}/open-stream`);
  await once(socket, 'open');
  const refused = await fetch(`${own.url}/open-stream`);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  expect((await fetch(`${own.url}/open`)).status).toBe(200);
  socket.terminate();
  await vi.waitFor(async () => expect((await fetch(`${own.url}/open-stream`)).status).toBe(200), WITHIN);
  await own.stop();
});

it(
  'uploads and downloads of any size need a small heap, and pass completely',
  { timeout: 120_000 },
  async () => {
    const size = 160 * MIB;
    let received = 0;
    const chunks = function* () {
      for (let sent = 0; sent < size; sent += MIB) yield Buffer.alloc(MIB);
    };
    const service = createServer((request, response) => {
      if (request.method === 'GET') Readable.from(chunks()).pipe(response);
      else
        request.on('data', (chunk: Buffer) => (received += chunk.length)).on('end', () => response.end('{}'));
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const { port } = service.address() as AddressInfo;
    const env = { ROUTES_FILE: ROUTES_FILE, BROKEN_SERVICE_URL: `http://127.0.0.1:${port}` };
    const gateway = await spawnGateway(bed, env, ['--max-old-space-size=48']);
    const residentBytes = async () => {
      const text = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
      return Number(/^process_resident_memory_bytes\S* (\S+)$/m.exec(text)?.[1]);
    };
    const before = await residentBytes();
    let most = before;
    const watch = setInterval(() => {
      void residentBytes().then((now) => (most = Math.max(most, now)));
    }, 100);
    try {
      const upload = httpRequest(`${gateway.url}/broken/stream`, { method: 'POST' });
      const uploaded = once(upload, 'response') as Promise<[IncomingMessage]>;
      await pipeline(Readable.from(chunks()), upload);
      const [answer] = await uploaded;
      answer.resume();
      expect(answer.statusCode).toBe(200);
      expect(received).toBe(size);

      let downloaded = 0;
      const { body } = await fetch(`${gateway.url}/broken/stream`);
      for await (const chunk of body ?? []) downloaded += chunk.length;
      expect(downloaded).toBe(size);
      expect(most - before).toBeLessThan(size * 0.75);
    } finally {
      clearInterval(watch);
      await gateway.end('SIGTERM');
      service.close();
      service.closeAllConnections();
    }
  },
);
