import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createHttpServer, defineEndpoint, reply } from '../src/http/index.ts';
import { sendRaw, startApp } from './running-app.ts';

const GRACES = { acceptGraceMs: 50, idleGraceMs: 200 };

function endpointOf(handle: () => Promise<string>) {
  return defineEndpoint({
    method: 'POST',
    path: '/work',
    operationId: 'work',
    summary: 'Works',
    tag: 'test',
    access: 'unsigned',
    responses: { 200: { description: 'Done', body: z.string() } },
    handle: async () => reply(200, await handle()),
  });
}

/** A request whose handler the test can hold. */
function heldEndpoint() {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const endpoint = endpointOf(async () => {
    begun.resolve();
    await released.promise;
    return 'done';
  });
  return { endpoint, begun: begun.promise, release: released.resolve };
}

function keepAliveAgent(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function post(port: number, agent: Agent): Promise<{ response: IncomingMessage; body: string }> {
  const request = httpRequest({ port, host: '127.0.0.1', path: '/work', method: 'POST', agent });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { response, body: await text(response) };
}

describe('a server that stops', () => {
  it('answers every request that reached it: clients under load see no connection broken', async () => {
    let handled = 0;
    const endpoint = endpointOf(async () => {
      handled += 1;
      await delay(handled % 5);
      return 'done';
    });
    const { port, stop } = await startApp({ endpoints: [endpoint] }, GRACES);
    const agent = keepAliveAgent();
    let answered = 0;
    const errors: unknown[] = [];

    async function callUntilRefused(): Promise<void> {
      for (;;) {
        try {
          await post(port, agent);
          answered += 1;
        } catch (error) {
          errors.push(error);
          return;
        }
      }
    }
    const callers = Array.from({ length: 32 }, callUntilRefused);
    await expect.poll(() => answered).toBeGreaterThan(200);
    await stop();
    await Promise.all(callers);

    // A refused connection is fine: no request was lost on it.
    expect(new Set(errors.map((error) => (error as NodeJS.ErrnoException).code))).toEqual(
      new Set(['ECONNREFUSED']),
    );
    expect(answered).toBe(handled);
  });

  it('finishes running requests, and asks their clients to leave', async () => {
    const { endpoint, begun, release } = heldEndpoint();
    const { port, stop } = await startApp({ endpoints: [endpoint] }, { acceptGraceMs: 0, idleGraceMs: 0 });
    const answer = post(port, keepAliveAgent());
    await begun;
    const stopped = stop();
    await expect.poll(() => isRefused(port)).toBe(true);
    release();
    const { response, body } = await answer;
    expect(body).toBe('"done"');
    expect(response.headers.connection).toBe('close');
    await stopped;
  });

  it('still accepts connections during the first grace period', async () => {
    const { port, stop } = await startApp(
      { endpoints: [endpointOf(async () => 'done')] },
      { acceptGraceMs: 300 },
    );
    const stopped = stop();
    const { response } = await post(port, keepAliveAgent());
    expect(response.statusCode).toBe(200);
    await stopped;
  });

  it('keeps idle connections open for a grace period, and asks their clients to leave', async () => {
    const { port, stop } = await startApp({ endpoints: [endpointOf(async () => 'done')] }, GRACES);
    const agent = keepAliveAgent();
    expect((await post(port, agent)).response.headers.connection).toBe('keep-alive');
    const stopped = stop();
    await expect.poll(() => isRefused(port)).toBe(true);
    const { response } = await post(port, agent);
    expect(response.headers.connection).toBe('close');
    await stopped;
  });

  it.each([
    ['has asked nothing yet', ''],
    ['is idle', 'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n'],
  ])('does not wait for a connection that %s', async (_what, bytes) => {
    const { port, stop } = await startApp({ endpoints: [] }, { ...GRACES, finishWithinMs: 60_000 });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    if (bytes) {
      socket.write(bytes);
      await once(socket, 'data');
    }
    await stop();
    expect(await text(socket)).toBeTypeOf('string');
  });

  it('closes a connection after an answer that had begun before the stop', async () => {
    const rows = new Readable({ read: () => undefined });
    const stream = { ...endpointOf(async () => ''), handle: async () => reply(200, rows) };
    const { port, stop } = await startApp(
      { endpoints: [stream] },
      { acceptGraceMs: 0, idleGraceMs: 0, finishWithinMs: 60_000 },
    );
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /work HTTP/1.1\r\nhost: x\r\n\r\n');
    rows.push('first');
    await once(socket, 'data');
    const stopped = stop();
    await expect.poll(() => isRefused(port)).toBe(true);
    rows.push('last');
    rows.push(null);
    expect(await text(socket)).toContain('last');
    await stopped;
  });

  it('cuts off requests that do not finish in time, and logs it', async () => {
    const { endpoint, begun, release } = heldEndpoint();
    onTestFinished(() => release());
    const { port, stop, lines } = await startApp(
      { endpoints: [endpoint] },
      { acceptGraceMs: 0, idleGraceMs: 0, finishWithinMs: 50 },
    );
    const answer = post(port, keepAliveAgent());
    await Promise.all([expect(answer).rejects.toThrow(), begun.then(stop)]);
    await expect.poll(() => lines).toContainEqual(expect.objectContaining({ level: 'warn', requests: 1 }));
  });
});

describe('a server', () => {
  it('fails to start on a port that is taken', async () => {
    const { port } = await startApp({ endpoints: [] });
    const logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger };
    const second = createHttpServer({ app: () => undefined, host: '127.0.0.1', port, logger });
    await expect(second.start()).rejects.toThrow(/EADDRINUSE/);
  });

  it('answers several requests sent at once in their order', async () => {
    const { port } = await startApp({ endpoints: [endpointOf(async () => 'done')] });
    const answers = await sendRaw(
      port,
      'GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nPOST /work HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    );
    expect(answers.indexOf('"status":"ok"')).toBeLessThan(answers.indexOf('"done"'));
  });
});

describe('a connection that asks to leave HTTP', () => {
  const ask = (path: string) =>
    `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade, close\r\nupgrade: echo\r\n\r\nfirst`;

  async function startEcho() {
    const lines: object[] = [];
    const logger = {
      error() {},
      warn: (message: string) => void lines.push({ message }),
      info() {},
      debug() {},
      child: () => logger,
    };
    const server = createHttpServer({
      app: (_request, response) => response.end('ordinary'),
      upgrades: {
        accepts: ({ url }) => url === '/echo',
        take: (_request, socket) => {
          socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n');
          socket.pipe(socket);
        },
      },
      host: '127.0.0.1',
      port: 0,
      logger,
      ...GRACES,
      finishWithinMs: 50,
    });
    await server.start();
    return { server, lines };
  }

  it('is handed over with the bytes after its head if it is accepted', async () => {
    const { server, lines } = await startEcho();
    const socket = connect(server.address().port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    socket.write(ask('/echo'));
    await expect.poll(() => received).toMatch(/^HTTP\/1.1 101 [^]*\r\n\r\nfirst$/);
    socket.write(' second');
    await expect.poll(() => received).toMatch(/first second$/);
    await Promise.all([once(socket, 'close'), server.stop()]);
    expect(lines).toContainEqual({ message: 'Requests cut off by the shutdown' });
  });

  it('is an ordinary request if it is declined', async () => {
    const { server } = await startEcho();
    expect(await sendRaw(server.address().port, ask('/other').replace('first', ''))).toMatch(
      / 200 [^]*ordinary$/,
    );
    await server.stop();
  });
});

async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return false;
  } catch {
    return true;
  } finally {
    socket.destroy();
  }
}

it('a connection that is not admitted gets an answer and no more', async () => {
  let handled = 0;
  const endpoint = endpointOf(async () => {
    handled += 1;
    return 'done';
  });
  let admitted = true;
  const { port } = await startApp({ endpoints: [endpoint] }, { admits: () => admitted });
  const work = 'POST /work HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  expect(await sendRaw(port, work)).toMatch(/^HTTP\/1\.1 200 /);
  admitted = false;
  const answer = await sendRaw(port, work);
  expect(answer).toMatch(/^HTTP\/1\.1 429 [^]*"code":"too_many_connections"/);
  expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
  expect(handled).toBe(1);
});
