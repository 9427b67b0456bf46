import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMetrics } from '../src/admin/index.ts';
import { createHttpServer, type HttpServerOptions } from '../src/http/index.ts';
import { createLogger } from '../src/logging/index.ts';
import { sendRaw } from './running-app.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A server without an app, because connections must not depend on it. */
async function serve(app: Handler, options: Partial<HttpServerOptions> = {}) {
  const metrics = createMetrics('test');
  const logger = createLogger({ service: 'test', level: 'error', destination: new PassThrough() });
  const graces = { acceptGraceMs: 0, idleGraceMs: 0, finishWithinMs: 200 };
  const server = createHttpServer({
    app,
    host: '127.0.0.1',
    port: 0,
    logger,
    metrics,
    ...graces,
    ...options,
  });
  await server.start();
  onTestFinished(() => server.stop());
  const { port } = server.address();
  return {
    port,
    valueOf: async (name: string, reason?: string) => {
      const lines = (await metrics.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));
      const label = reason === undefined ? '' : `reason="${reason}"`;
      return lines
        .find((line) => line.includes(label))
        ?.split(' ')
        .at(-1);
    },
  };
}

function client(port: number): { socket: Socket; received: () => string } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  return { socket, received: () => received };
}

const get = (path: string, ...fields: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: a', ...fields, '', ''].join('\r\n');

const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
];

/** Requests that the test answers. */
function heldRequests() {
  const held: { path: string | undefined; response: ServerResponse }[] = [];
  const gone: (string | undefined)[] = [];
  const app: Handler = ({ url: path }, response) => {
    held.push({ path, response });
    response.once('close', () => {
      if (!response.writableFinished) gone.push(path);
    });
  };
  return {
    app,
    held,
    gone,
    begun: () => held.map(({ path }) => path),
    answer: (index: number) => held[index]?.response.end(`answer to ${held[index].path}`),
  };
}

describe('the requests of one connection', () => {
  it('are handled one at a time and in order', async () => {
    const { app, begun, answer } = heldRequests();
    const { port, valueOf } = await serve(app);
    const { socket, received } = client(port);
    socket.write(get('/1') + get('/2') + get('/3'));
    await expect.poll(begun).toEqual(['/1']);
    socket.write(get('/4'));
    await expect.poll(() => valueOf('http_requests_waiting')).toBe('2');
    expect(await valueOf('http_requests_active')).toBe('1');
    expect(begun()).toEqual(['/1']);
    for (let index = 0; index < 4; index += 1) {
      await expect.poll(begun).toHaveLength(index + 1);
      answer(index);
    }
    await expect.poll(received).toMatch(/to \/1[^]*to \/2[^]*to \/3[^]*to \/4$/);
    expect(begun()).toEqual(['/1', '/2', '/3', '/4']);
  });

  it('do not delay other clients, even a thousand of them', async () => {
    let inWork = 0;
    let most = 0;
    const { port } = await serve((_request, response) => {
      most = Math.max(most, (inWork += 1));
      response.once('close', () => (inWork -= 1));
      setImmediate(() => response.end('done'));
    });
    const { socket, received } = client(port);
    for (let each = 0; each < 15; each += 1) {
      socket.write(get('/slow').repeat(100));
      await expect.poll(() => received().match(/done/g)?.length).toBe((each + 1) * 100);
    }
    expect(most).toBe(1);
  });

  it('abort the work when their client leaves', async () => {
    const { app, gone, begun } = heldRequests();
    const { port } = await serve(app);
    const { socket } = client(port);
    socket.write(get('/left'));
    await expect.poll(begun).toEqual(['/left']);
    socket.destroy();
    await expect.poll(() => gone).toEqual(['/left']);
  });

  it('that wait are never begun after an answer has closed the connection', async () => {
    const { app, begun, held } = heldRequests();
    const { port } = await serve(app);
    const { socket, received } = client(port);
    socket.write(get('/1') + get('/2'));
    await expect.poll(begun).toEqual(['/1']);
    held[0]?.response.setHeader('connection', 'close').end('last');
    await once(socket, 'close');
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(begun()).toEqual(['/1']);
  });

  it('are cut off beyond the limit, and counted', async () => {
    const { app, begun } = heldRequests();
    const { port, valueOf } = await serve(app, { mostWaiting: 3 });
    const { socket } = client(port);
    socket.write(get('/1').repeat(5));
    await once(socket, 'close');
    expect(begun()).toEqual(['/1']);
    expect(await valueOf('http_connection_errors_total', 'too_many_waiting')).toBe('1');
    await expect.poll(() => valueOf('http_connections')).toBe('0');
  });

  it('keep their answers before an unreadable one', async () => {
    const { app, begun, answer } = heldRequests();
    const { port } = await serve(app);
    const { socket, received } = client(port);
    const broken = 'POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n';
    socket.write(get('/1') + broken);
    await expect.poll(begun).toEqual(['/1']);
    answer(0);
    await once(socket, 'close');
    expect(received()).toMatch(/^HTTP\/1\.1 200 [^]*answer to \/1HTTP\/1\.1 400 [^]*"malformed_request"/);
    expect(begun()).toEqual(['/1']);
  });
});

describe('an error closes only its own connection', () => {
  const answerToAnother = (port: number) => sendRaw(port, get('/fine', 'Connection: close'));

  it.each(['app', 'accepts', 'take'])('by %s', async (thrower) => {
    const boom = (): never => {
      throw new Error('boom');
    };
    const { port, valueOf } = await serve(
      ({ url }, response) => (url === '/app' ? boom() : response.end('fine')),
      { upgrades: { accepts: ({ url }) => (url === '/accepts' ? boom() : true), take: boom } },
    );
    const { socket } = client(port);
    socket.write(get(`/${thrower}`, ...(thrower === 'app' ? [] : WEBSOCKET)));
    await once(socket, 'close');
    expect(await answerToAnother(port)).toMatch(/fine$/);
    expect(await valueOf('http_connection_errors_total', 'exception')).toBe('1');
  });

  it('by an error of a request without a listener', async () => {
    const { port } = await serve((request, response) => {
      if (request.url === '/fine') response.end('fine');
      // Node emits the error of an aborted request only with a listener. This listener is removed before that.
      const listen = () => undefined;
      request.on('error', listen);
      const leave = () => request.off('error', listen);
      request.on('aborted', () => process.nextTick(() => process.nextTick(leave)));
    });
    const { socket } = client(port);
    socket.write('POST /cut HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
    await once(socket, 'ready');
    socket.resetAndDestroy();
    expect(await answerToAnother(port)).toMatch(/fine$/);
  });

  it('by an answer that is written after its end', async () => {
    const { port } = await serve(({ url }, response) => {
      response.end('fine');
      if (url === '/twice') response.write('more');
    });
    const { socket } = client(port);
    socket.write(get('/twice'));
    await once(socket, 'close');
    expect(await answerToAnother(port)).toMatch(/fine$/);
  });
});

describe('an upgrade', () => {
  const upgrades = {
    accepts: () => true,
    take: (_request: IncomingMessage, socket: Socket) => void socket.end('HTTP/1.1 101 Switching\r\n\r\n'),
  };

  it('after an unanswered request is an ordinary request, and the last of its connection', async () => {
    const { app, begun, answer } = heldRequests();
    const { port } = await serve(app, { upgrades });
    const { socket, received } = client(port);
    socket.write(get('/1') + get('/2', ...WEBSOCKET));
    await expect.poll(begun).toEqual(['/1']);
    answer(0);
    await expect.poll(begun).toEqual(['/1', '/2']);
    answer(1);
    await once(socket, 'close');
    expect(received()).toMatch(/answer to \/1[^]*connection: close[^]*answer to \/2$/i);
    expect(received()).not.toContain(' 101 ');
  });

  it('after an answered request is accepted', async () => {
    const { app, begun, answer } = heldRequests();
    const { port } = await serve(app, { upgrades });
    const { socket, received } = client(port);
    socket.write(get('/1'));
    await expect.poll(begun).toEqual(['/1']);
    answer(0);
    await expect.poll(received).toContain('answer to /1');
    socket.write(get('/2', ...WEBSOCKET));
    await once(socket, 'close');
    expect(received()).toMatch(/ 101 Switching/);
  });

  it('after a declined one is never accepted', async () => {
    let taken = 0;
    const { app, begun, answer } = heldRequests();
    const { port } = await serve(app, {
      upgrades: { accepts: ({ url }) => url === '/2', take: () => void (taken += 1) },
    });
    const { socket, received } = client(port);
    socket.write(get('/1', ...WEBSOCKET));
    await expect.poll(begun).toEqual(['/1']);
    answer(0);
    // In the turn of the event loop in which the answer ends, before the connection ends.
    socket.write(get('/lost') + get('/2', ...WEBSOCKET));
    await once(socket, 'close');
    expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(taken).toBe(0);
  });

  it.each(['h2c', 'websocket'])(
    'to %s that is declined closes its connection, and what comes behind it is never a request',
    async (protocol) => {
      const { app, begun, answer } = heldRequests();
      const { port } = await serve(app);
      const { socket, received } = client(port);
      const first = get('/1', 'Connection: Upgrade', `Upgrade: ${protocol}`);
      socket.write(`${first}POST /2 HTTP/1.1\r\nHost: a\r\nX-Note: `);
      await expect.poll(begun).toEqual(['/1']);
      socket.write(get('/hidden'));
      answer(0);
      await once(socket, 'close');
      expect(begun()).toEqual(['/1']);
      expect(received()).toMatch(/^HTTP\/1\.1 200 [^]*connection: close[^]*answer to \/1$/i);
      expect(received().match(/HTTP\/1\.1/g)).toHaveLength(1);
    },
  );
});
