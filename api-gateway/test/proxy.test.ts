import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo, startFakeService } from './support/fake-service.ts';
import { resetServices, startTestBed, type TestBed } from './support/gateway.ts';
import { exchangeRaw, rawClient } from './support/raw-client.ts';
import { accessToken } from './support/tokens.ts';

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed({ env: { ROUTES_FILE: 'test/support/routes.yaml' } });
});
afterAll(async () => {
  await bed.stop();
});
beforeEach(() => {
  resetServices(bed, echo);
});

const MIB = 1024 * 1024;

/** A client that sends its body piece by piece. */
function upload(path: string, headers: Record<string, string> = {}) {
  const request = httpRequest(bed.url + path, { method: 'POST', headers });
  const response = new Promise<IncomingMessage>((resolve, reject) => {
    request.on('response', resolve).on('error', reject);
  });
  response.catch(() => undefined);
  return { request, response };
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

describe('a body on its way in', () => {
  it('reaches the service while it is still being sent', async () => {
    const { request, response } = upload('/big');
    request.write('first');
    await vi.waitFor(() => expect(bed.auth.received[0]?.body.toString()).toBe('first'));
    request.write(' second');
    await vi.waitFor(() => expect(bed.auth.received[0]?.body.toString()).toBe('first second'));
    request.end();
    expect(JSON.parse(await textOf(await response))).toMatchObject({ bytes: 12 });
    expect(bed.auth.received[0]?.headers['transfer-encoding']).toBe('chunked');
  });

  it('with a length keeps it, and arrives unchanged', async () => {
    const body = randomBytes(3 * MIB);
    const answer = await fetch(`${bed.url}/big`, { method: 'POST', body });
    expect(answer.status).toBe(200);
    const [received] = bed.auth.received;
    expect(received?.headers['content-length']).toBe(String(body.length));
    expect(received?.headers).not.toHaveProperty('transfer-encoding');
    expect(received?.body.equals(body)).toBe(true);
  });

  it('that is empty is not forwarded', async () => {
    await fetch(`${bed.url}/open`, { method: 'POST' });
    await fetch(`${bed.url}/open`, { method: 'DELETE' });
    expect(bed.auth.received.map((each) => each.headers['content-length'])).toEqual(['0', undefined]);
    expect(bed.auth.received.map((each) => each.headers['transfer-encoding'])).toEqual([
      undefined,
      undefined,
    ]);
  });

  it('is refused by its announced length before it is read', async () => {
    const client = await rawClient(bed.port);
    client.send(`POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: ${100 * MIB}\r\n\r\n`);
    await vi.waitFor(() =>
      expect(client.received()).toMatch(/^HTTP\/1.1 413 [^]*"code":"payload_too_large"/),
    );
    expect(client.received()).toMatch(/connection: close/i);
    expect(bed.auth.received).toEqual([]);
    client.socket.destroy();
  });

  it('without a length is refused as soon as it is too long', async () => {
    const { request, response } = upload('/open');
    request.write(Buffer.alloc(MIB));
    await vi.waitFor(() => expect(bed.auth.received[0]?.body.length).toBe(MIB));
    request.write('!');
    const answer = await response;
    expect(answer.statusCode).toBe(413);
    expect(JSON.parse(await textOf(answer))).toMatchObject({ code: 'payload_too_large' });
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
    request.destroy();
  });

  it('may be as long as its route allows', async () => {
    const answer = await fetch(`${bed.url}/open`, { method: 'POST', body: Buffer.alloc(MIB) });
    expect(await answer.json()).toMatchObject({ bytes: MIB });
    const tooLong = await fetch(`${bed.url}/open`, { method: 'POST', body: Buffer.alloc(MIB + 1) });
    expect(tooLong.status).toBe(413);
  });

  it('that the client aborts is aborted for the service as well', async () => {
    const { request } = upload('/big', { 'content-length': '1000' });
    request.write('half');
    await vi.waitFor(() => expect(bed.auth.received[0]?.body.toString()).toBe('half'));
    request.destroy();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
    await vi.waitFor(() =>
      expect(bed.log).toContainEqual(
        expect.objectContaining({ message: 'request', status: 499, aborted: true }),
      ),
    );
  });

  it('that the service does not read to the end gets its answer, on a connection that is then closed', async () => {
    bed.auth.answer = (_request, response) => {
      response.writeHead(422, { 'content-type': 'text/plain' }).end('enough');
    };
    const { request, response } = upload('/big');
    request.write('first');
    const answer = await response;
    expect(answer.statusCode).toBe(422);
    expect(answer.headers.connection).toBe('close');
    expect(await textOf(answer)).toBe('enough');
    request.destroy();
  });
});

describe('Expect: 100-continue', () => {
  const head = (path: string, more = '') =>
    `POST ${path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n${more}\r\n`;

  it('is answered when the service reads the body, and is not forwarded', async () => {
    const client = await rawClient(bed.port);
    client.send(head('/open', 'Connection: close\r\n'));
    await vi.waitFor(() => expect(client.received()).toBe('HTTP/1.1 100 Continue\r\n\r\n'));
    client.send('{}');
    expect(await client.closed()).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
    expect(bed.auth.received[0]?.headers).not.toHaveProperty('expect');
    expect(bed.auth.received[0]?.body.toString()).toBe('{}');
  });

  it('is answered with the refusal alone, and the connection closes', async () => {
    const client = await rawClient(bed.port);
    client.send(head('/closed'));
    const answer = await client.closed();
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    expect(answer).toMatch(/connection: close/i);
    expect(answer).not.toContain('100 Continue');
  });

  it('with another value is 417', async () => {
    const client = await rawClient(bed.port);
    client.send('POST /open HTTP/1.1\r\nHost: x\r\nExpect: magic\r\nConnection: close\r\n\r\n');
    expect(await client.closed()).toMatch(/^HTTP\/1.1 417 [^]*"code":"expectation_failed"/);
    const mixed = await rawClient(bed.port);
    mixed.send('POST /open HTTP/1.1\r\nHost: x\r\nExpect: 100-continue, magic\r\nConnection: close\r\n\r\n');
    expect(await mixed.closed()).toMatch(/^HTTP\/1.1 417 [^]*"code":"expectation_failed"/);
    expect(bed.auth.received).toEqual([]);
  });
});

describe('an answer on its way out', () => {
  it('reaches the client while it is still being sent', async () => {
    const more = Promise.withResolvers<void>();
    bed.auth.answer = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('first');
      void more.promise.then(() => response.end(' second'));
    };
    const answer = await fetch(`${bed.url}/open`);
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toBe('first');
    more.resolve();
    const second = await reader?.read();
    expect(Buffer.from(second?.value ?? []).toString()).toBe(' second');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('keeps its status, headers, cookies and length, and loses those of the connection', async () => {
    bed.auth.answer = (_request, response) => {
      response.writeHead(201, {
        location: '/v1/things/1',
        'set-cookie': ['a=1', 'b=2'],
        'content-length': '2',
        'keep-alive': 'timeout=99',
        etag: '"1"',
      });
      response.end('ok');
    };
    const answer = await fetch(`${bed.url}/open`, { method: 'POST' });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe('/v1/things/1');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('content-length')).toBe('2');
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('keep-alive')).not.toBe('timeout=99');
    expect(await answer.text()).toBe('ok');
  });

  it('is conditional if the client asks for it: all tags and answers of RFC 9110, 13 pass', async () => {
    bed.auth.answer = (_request, response) => {
      response.writeHead(304, { etag: '"2"', 'cache-control': 'private, no-cache', vary: 'accept' }).end();
    };
    const answer = await exchangeRaw(
      bed.port,
      [
        'GET /open HTTP/1.1',
        'Host: a',
        'If-None-Match: "1,a"',
        'If-None-Match: W/"2"',
        'If-Match: *',
        'Connection: close',
      ]
        .concat('', '')
        .join('\r\n'),
    );
    expect(bed.auth.received[0]?.headers).toMatchObject({ 'if-none-match': '"1,a", W/"2"', 'if-match': '*' });
    expect(answer).toMatch(/^HTTP\/1\.1 304 /);
    for (const line of ['etag: "2"', 'cache-control: private, no-cache', 'vary: accept']) {
      expect(answer.toLowerCase()).toContain(`\r\n${line}\r\n`);
    }
  });

  it.each([204, 304])('of %i has no body', async (status) => {
    bed.auth.answer = (_request, response) => response.writeHead(status).end();
    const answer = await fetch(`${bed.url}/open`);
    expect(answer.status).toBe(status);
    expect(await answer.text()).toBe('');
  });

  it('that is large arrives completely, even for a slow reader', async () => {
    const content = randomBytes(8 * MIB);
    bed.auth.answer = (_request, response) => response.end(content);
    const client = await rawClient(bed.port);
    const hash = createHash('sha256');
    let length = 0;
    client.socket.on('data', (chunk: Buffer) => {
      hash.update(chunk);
      length += chunk.length;
      client.socket.pause();
      setImmediate(() => client.socket.resume());
    });
    client.send('GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const received = Buffer.from(await client.closed(), 'latin1');
    expect(length).toBe(received.length);
    const body = received.subarray(received.indexOf('\r\n\r\n') + 4);
    expect(body.equals(content)).toBe(true);
  });

  it('holds the service back while the client does not read', async () => {
    let written = 0;
    bed.auth.answer = (_request, response) => {
      const chunk = Buffer.alloc(256 * 1024);
      const write = (): void => {
        while (written < 512 * MIB) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    };
    const client = await rawClient(bed.port);
    client.socket.pause();
    client.send('GET /open HTTP/1.1\r\nHost: x\r\n\r\n');
    let before = -1;
    await vi.waitFor(
      () => {
        const stands = written > 0 && written === before;
        before = written;
        expect(stands).toBe(true);
      },
      { timeout: 10_000, interval: 300 },
    );
    expect(written).toBeLessThan(64 * MIB);
    client.socket.destroy();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('that the service aborts is aborted for the client', async () => {
    bed.auth.answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half');
      setImmediate(() => response.destroy());
    };
    const answer = await fetch(`${bed.url}/open`);
    await expect(answer.text()).rejects.toThrow();
    await vi.waitFor(() =>
      expect(bed.log).toContainEqual(expect.objectContaining({ message: 'Upstream failed' })),
    );
  });

  it('is cancelled at the service when the client disconnects', async () => {
    bed.auth.answer = (_request, response) => void response.writeHead(200).write('first');
    const abort = new AbortController();
    await fetch(`${bed.url}/open`, { signal: abort.signal });
    abort.abort();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('that has not begun is cancelled as well', async () => {
    bed.auth.answer = () => undefined;
    const abort = new AbortController();
    const answer = fetch(`${bed.url}/open`, { signal: abort.signal });
    await vi.waitFor(() => expect(bed.auth.received).toHaveLength(1));
    abort.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('is awaited after an early hint', async () => {
    bed.auth.answer = (_request, response) => {
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      response.end('ok');
    };
    expect(await (await fetch(`${bed.url}/open`)).text()).toBe('ok');
  });
});

describe('a service in trouble', () => {
  /** Answers with bytes, as a broken server would. */
  async function rawService(onRequest: (socket: Socket, count: number) => void) {
    let count = 0;
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        // The gateway asks for the service's health and document as well.
        if (!chunk.includes(' /broken ')) {
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
          return;
        }
        count += 1;
        onRequest(socket, count);
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const own = await startTestBed({
      env: { ROUTES_FILE: 'test/support/routes.yaml', BROKEN_SERVICE_URL: `http://127.0.0.1:${port}` },
    }).catch(async (error: unknown) => {
      server.close();
      throw error;
    });
    return {
      own,
      requests: () => count,
      async stop() {
        await own.stop();
        for (const socket of sockets) socket.destroy();
        server.close();
      },
    };
  }

  it('that is slow gets a 504 after the time-out of the route', async () => {
    bed.auth.answer = () => undefined;
    const answer = await fetch(`${bed.url}/quick`);
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ code: 'upstream_timeout', status: 504 });
    await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  });

  it('that sends 102 is awaited as long as it does', async () => {
    bed.auth.answer = (_request, response) => {
      const until = performance.now() + 900;
      const pace = setInterval(() => {
        response.writeProcessing();
        if (performance.now() < until) return;
        clearInterval(pace);
        response.end('done');
      }, 20);
    };
    const began = performance.now();
    const answer = await fetch(`${bed.url}/quick`);
    expect([answer.status, await answer.text()]).toEqual([200, 'done']);
    expect(performance.now() - began).toBeGreaterThan(600);
  });

  it('is not blamed for a slow client that keeps sending', async () => {
    const { request, response } = upload('/quick', { 'content-length': '9' });
    const began = performance.now();
    const letters = 'slowly...'.split('');
    await new Promise<void>((sent) => {
      const pace = setInterval(() => {
        const letter = letters.shift();
        if (letter !== undefined) return void request.write(letter);
        clearInterval(pace);
        return sent();
      }, 60);
    });
    expect(performance.now() - began).toBeGreaterThan(300);
    request.end();
    expect((await response).statusCode).toBe(200);
  });

  it('is not blamed for a client that stops in the middle of its body', async () => {
    const { request, response } = upload('/quick', { 'content-length': '9' });
    request.write('slow');
    const answer = await response;
    expect(answer.statusCode).toBe(408);
    expect(answer.headers.connection).toBe('close');
    expect(JSON.parse(await textOf(answer))).toMatchObject({ code: 'request_timeout' });
    request.destroy();
  });

  it('that is down is 502, without a name of anything inside', async () => {
    const gone = await startFakeService('x', { id: 'x', secret: 'x' });
    const own = await startTestBed({
      env: { ROUTES_FILE: 'test/support/routes.yaml', BROKEN_SERVICE_URL: gone.url },
    });
    // Only now, so that no other server of the test gets its port.
    await gone.stop();
    try {
      const answer = await fetch(`${own.url}/broken`, { method: 'POST', body: '{}' });
      expect(answer.status).toBe(502);
      const text = await answer.text();
      expect(JSON.parse(text)).toMatchObject({ code: 'upstream_failed' });
      for (const [, value] of answer.headers) expect(value).not.toContain(String(gone.port));
      expect(text).not.toMatch(/127\.0\.0\.1|ECONN|broken-service/);
      expect(text).not.toContain(String(gone.port));
    } finally {
      await own.stop();
    }
  });

  it.each([
    ['hangs up', (socket: Socket) => void socket.destroy()],
    ['resets', (socket: Socket) => void socket.resetAndDestroy()],
    ['talks nonsense', (socket: Socket) => void socket.end('hello\r\n\r\n')],
    [
      'sends two lengths',
      (socket: Socket) =>
        void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'),
    ],
  ])('that %s is 502, and a request with an effect is not sent twice', async (_what, misbehave) => {
    const service = await rawService(misbehave);
    try {
      const answer = await fetch(`${service.own.url}/broken`, { method: 'POST', body: '{}' });
      expect(answer.status).toBe(502);
      expect(service.requests()).toBe(1);
    } finally {
      await service.stop();
    }
  });

  it.each([
    [
      'switches protocols unasked',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    ],
    ['has no status that there is', 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n'],
    ['folds a header', 'HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 0\r\n\r\n'],
    [
      'has two framings',
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['sends a control character', 'HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n'],
    ['sends too many headers', `HTTP/1.1 200 OK\r\n${'x-a: bbbbbbbb\r\n'.repeat(4_000)}\r\n`],
  ])('that %s is 502', async (_what, answer) => {
    const service = await rawService((socket) => void socket.write(answer));
    try {
      expect((await fetch(`${service.own.url}/broken`, { method: 'POST', body: '{}' })).status).toBe(502);
    } finally {
      await service.stop();
    }
  });

  it('that sends more than its Content-Length does not reach the client with the rest', async () => {
    const evil = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL';
    const service = await rawService(
      (socket) => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok${evil}`),
    );
    try {
      for (let i = 0; i < 5; i += 1)
        expect(await (await fetch(`${service.own.url}/broken`)).text()).toBe('ok');
    } finally {
      await service.stop();
    }
  });

  it('that sends a length for an answer without a body does not reach the client with it', async () => {
    const service = await rawService(
      (socket) => void socket.write('HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n'),
    );
    try {
      const answer = await fetch(`${service.own.url}/broken`);
      expect([answer.status, answer.headers.get('content-length')]).toEqual([204, null]);
    } finally {
      await service.stop();
    }
  });

  it('that closes the connection of a GET is asked once more', async () => {
    const service = await rawService((socket, count) => {
      if (count === 1) socket.destroy();
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    try {
      expect(await (await fetch(`${service.own.url}/broken`)).text()).toBe('ok');
      expect(service.requests()).toBe(2);
    } finally {
      await service.stop();
    }
  });

  it('and only once', async () => {
    const service = await rawService((socket) => void socket.destroy());
    try {
      expect((await fetch(`${service.own.url}/broken`)).status).toBe(502);
      expect(service.requests()).toBe(2);
    } finally {
      await service.stop();
    }
  });

  it('at one of two addresses costs no request: unsent requests go to the other', async () => {
    const gone = await startFakeService('x', { id: 'x', secret: 'x' });
    const own = await startTestBed({
      env: { ROUTES_FILE: 'test/support/routes.yaml', BROKEN_SERVICE_URL: `${gone.url},${bed.events.url}` },
    });
    await gone.stop();
    try {
      for (let i = 0; i < 6; i += 1) {
        const answer = await fetch(`${own.url}/broken`, { method: 'POST', body: `{"n":${i}}` });
        expect(answer.status).toBe(200);
        expect(await answer.json()).toMatchObject({ bytes: 7 });
      }
      expect(bed.events.received).toHaveLength(6);
    } finally {
      await own.stop();
    }
  });
});

describe('connections to a service', () => {
  it('are reused', async () => {
    await fetch(`${bed.url}/open`);
    const before = bed.auth.connections;
    for (let i = 0; i < 10; i += 1)
      await (await fetch(`${bed.url}/open`, { method: 'POST', body: '{}' })).text();
    expect(bed.auth.connections - before).toBeLessThanOrEqual(1);
  });

  it('that a service closes are not reused', async () => {
    bed.auth.answer = (_request, response) => response.writeHead(200, { connection: 'close' }).end('ok');
    const before = bed.auth.connections;
    for (let i = 0; i < 3; i += 1) {
      const answer = await fetch(`${bed.url}/open`, { method: 'POST', body: '{}' });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('connection')).not.toBe('close');
    }
    expect(bed.auth.connections - before).toBeGreaterThanOrEqual(2);
  });
});

it('many requests at once, with bodies both ways, are not mixed up', async () => {
  const token = accessToken(bed.keys);
  bed.auth.answer = (_request, response, received) => {
    _request.on('end', () => response.end(received.body));
  };
  const answers = await Promise.all(
    Array.from({ length: 100 }, async (_, i) => {
      const body = `${i}`.repeat(1000 + i);
      const answer = await fetch(`${bed.url}/closed`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${token}` },
      });
      return (await answer.text()) === body;
    }),
  );
  expect(answers.every(Boolean)).toBe(true);
});
