import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEndpoint, reply } from '../src/http/index.ts';
import { sendRaw, startApp } from './running-app.ts';

const MIB = 1_048_576;

const echo = defineEndpoint({
  method: 'POST',
  path: '/echo',
  operationId: 'echo',
  summary: 'Gives the body back',
  tag: 'test',
  access: 'unsigned',
  request: { body: z.looseObject({ name: z.string().optional() }).optional() },
  acceptsForm: true,
  responses: { 200: { description: 'The body', body: z.unknown() } },
  handle: async ({ body }) => reply(200, body ?? 'nothing'),
});

const drop = defineEndpoint({
  method: 'PUT',
  path: '/drop',
  operationId: 'drop',
  summary: 'Reads no body',
  tag: 'test',
  access: 'unsigned',
  responses: { 204: { description: 'Done' } },
  handle: async () => reply(204),
});

const upload = defineEndpoint({
  method: 'PUT',
  path: '/upload',
  operationId: 'upload',
  summary: 'Counts what comes',
  tag: 'test',
  access: 'unsigned',
  responses: { 200: { description: 'The bytes', body: z.number() } },
  handle: async ({ request }) => {
    let bytes = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) bytes += chunk.length;
    return reply(200, bytes);
  },
});

const start = () => startApp({ endpoints: [echo, drop, upload] });
const post = (headers: string) => `POST /echo HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`;
const json = 'content-type: application/json';

describe('a body', () => {
  it.each([
    ['JSON', 'application/json', '{"a":1}', { a: 1 }],
    ['JSON with a charset', 'application/json; charset="UTF-8"', '{"a":"é"}', { a: 'é' }],
    ['a kind of JSON', 'application/merge-patch+json', '{"a":null}', { a: null }],
    ['JSON with a byte order mark', 'application/json', '\uFEFF{"a":1}', { a: 1 }],
    ['a form', 'application/x-www-form-urlencoded', 'a=1&b=x+y&a=2', { a: ['1', '2'], b: 'x y' }],
    ['nothing at all', 'application/json', '', 'nothing'],
  ])('may be %s', async (_name, type, body, expected) => {
    const { call } = await start();
    const answer = await call('POST /echo', { headers: { 'content-type': type }, body });
    expect(answer).toMatchObject({ status: 200, body: expected });
  });

  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  it('may be a form of a hundred fields; no field beyond is dropped silently', async () => {
    const { call } = await start();
    const fields = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=x`).join('&');
    const most = await call('POST /echo', { headers: form, body: fields(100) });
    expect([most.status, Object.keys(most.body as object).length]).toEqual([200, 100]);
    for (const body of [fields(101), `${fields(100)}&f0=y`, '&'.repeat(100)]) {
      expect(await call('POST /echo', { headers: form, body })).toMatchObject({
        status: 413,
        body: { code: 'payload_too_large', detail: 'A form may have at most 100 fields' },
      });
    }
  });

  it.each([
    ['no media type', 415, 'unsupported_media_type', ''],
    ['another media type', 415, 'unsupported_media_type', 'content-type: text/plain\r\n'],
    ['another charset', 415, 'unsupported_media_type', `${json}; charset=utf-16\r\n`],
    ['a content encoding', 415, 'unsupported_media_type', `${json}\r\ncontent-encoding: gzip\r\n`],
  ])('is refused with %s', async (_name, status, code, headers) => {
    const { port } = await start();
    const answer = await sendRaw(port, post(`${headers}content-length: 2\r\nconnection: close`), '{}');
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(answer).toContain(`"code":"${code}"`);
  });

  it.each([
    ['half of it', Buffer.from('{"a":')],
    ['something after it', Buffer.from('{} {}')],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
  ])('is malformed with %s', async (_name, body) => {
    const { port } = await start();
    const answer = await sendRaw(
      port,
      post(`${json}\r\ncontent-length: ${body.length}\r\nconnection: close`),
      body,
    );
    expect(answer).toContain('HTTP/1.1 400 ');
    expect(answer).toContain('"code":"malformed_json"');
  });

  it.each([
    ['as it is', '{"a":{"__proto__":{"admin":true}}}', 'a.__proto__'],
    ['escaped', '{"\\u005f_proto\\u005F_":1}', '__proto__'],
  ])('cannot name a prototype, %s', async (_how, body, path) => {
    const { call } = await start();
    expect(await call('POST /echo', { body })).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path, message: 'Unknown field' }] },
    });
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  it('may be nested, but not so deep that walking it would exhaust the stack', async () => {
    const { call } = await start();
    const nested = (levels: number) => ({ body: `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}` });
    expect((await call('POST /echo', nested(64))).status).toBe(200);
    expect(await call('POST /echo', nested(65))).toMatchObject({
      status: 400,
      body: { code: 'malformed_json' },
    });
    expect((await call('POST /echo', nested(100_000))).status).toBe(400);
    const text = { body: JSON.stringify({ a: '\\"[[{'.repeat(100) }) };
    expect((await call('POST /echo', text)).status).toBe(200);
  });
});

describe('half a surrogate pair', () => {
  const post = (port: number, type: string, content: string) =>
    fetch(`http://127.0.0.1:${port}/echo?q=1`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: content,
    });

  it.each([
    [String.raw`{"a":{"b":["x","\ud800"]}}`, 'a.b.1'],
    [String.raw`{"a":"\uDC00\uD800"}`, 'a'],
    [String.raw`{"a":{"\udfffkey":1}}`, 'a.\uFFFDkey'],
    [String.raw`"\ud83d"`, ''],
  ])('in %s is refused with its place', async (content, path) => {
    const { port } = await startApp({ endpoints: [echo] });
    const answer = await post(port, 'application/json', content);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ code: 'invalid_request', errors: [{ path }] });
  });

  it('differs from a whole pair, and from a text that looks like an escape', async () => {
    const { port } = await startApp({ endpoints: [echo] });
    const answer = await post(
      port,
      'application/json',
      String.raw`{"a":"\ud83d\ude00 \\ud800","\ud83d\ude00":"😀"}`,
    );
    expect(await answer.json()).toEqual({ a: String.raw`😀 \ud800`, '😀': '😀' });
  });

  it('is never sent, so that stored text cannot make an answer unreadable', async () => {
    const stored = defineEndpoint({
      ...drop,
      method: 'GET',
      responses: { 200: { description: 'Stored', body: z.unknown() } },
      handle: async () => reply(200, { items: [{ attributes: { '\uD800': 'x\uDFFF' } }] }),
    });
    const { port } = await startApp({ endpoints: [stored] });
    const answer = await fetch(`http://127.0.0.1:${port}/drop`);
    expect(await answer.text()).toBe(String.raw`{"items":[{"attributes":{"\ufffd":"x\ufffd"}}]}`);
  });

  it.each(['name=%ED%A0%80', 'name=%ff', '%C3=1'])(
    'and other bytes that are not UTF-8 are refused in the form %s',
    async (form) => {
      const { port } = await startApp({ endpoints: [echo] });
      const answer = await post(port, 'application/x-www-form-urlencoded', form);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ code: 'invalid_request' });
      expect((await post(port, 'application/x-www-form-urlencoded', 'name=100%&x=%F0%9F%98%80')).status).toBe(
        200,
      );
    },
  );

  it.each(['%ED%A0%80', '%ff', '%F0%9F%98'])(
    'and other bytes that are not UTF-8 are refused in a query: %s',
    async (text) => {
      const search = defineEndpoint({
        ...drop,
        method: 'GET',
        request: { query: z.object({ name: z.string() }) },
        responses: { 200: { description: 'Found', body: z.string() } },
        handle: async ({ query }) => reply(200, query.name),
      });
      const { port } = await startApp({ endpoints: [search] });
      const answer = await fetch(`http://127.0.0.1:${port}/drop?name=${text}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ path: 'query', message: 'must be UTF-8' }] });
      expect(await (await fetch(`http://127.0.0.1:${port}/drop?name=%F0%9F%98%80%25`)).json()).toBe('😀%');
    },
  );
});

describe('a body with too many values', () => {
  const named = (count: number) => ({ body: JSON.stringify({ list: Array(count).fill(0) }) });

  it('is refused at anonymous endpoints before its check would block the event loop', async () => {
    const { call } = await start();
    expect((await call('POST /echo', named(900))).status).toBe(200);
    expect(await call('POST /echo', named(1_100))).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large', detail: 'The body may have at most 1000 values' },
    });
    const text = { body: JSON.stringify({ name: ',[{'.repeat(10_000) }) };
    expect((await call('POST /echo', text)).status).toBe(200);
  });

  it('counts objects and their values', async () => {
    const { call } = await start();
    const objects = { body: JSON.stringify({ list: Array.from({ length: 600 }, () => ({})) }) };
    expect((await call('POST /echo', objects)).status).toBe(413);
  });
});

describe('a form that is longer than 128 KiB', () => {
  it('is refused, because decoding it would take long', async () => {
    const { call } = await start();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const form = (bytes: number) => ({ headers, body: `a=${'%41'.repeat((bytes - 2) / 3)}` });
    expect((await call('POST /echo', form(131_000))).status).toBe(200);
    expect((await call('POST /echo', form(131_200))).status).toBe(413);
  });
});

describe('a body that is too large', () => {
  it('is refused by its announced length, before any byte', async () => {
    const { port } = await start();
    const answer = await sendRaw(port, post(`${json}\r\ncontent-length: ${MIB + 1}`), '{');
    expect(answer).toContain('HTTP/1.1 413 ');
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).toContain('"code":"payload_too_large"');
  });

  it('is refused in the middle when its length was not announced', async () => {
    const { port } = await start();
    const chunk = `${(MIB / 4).toString(16)}\r\n${' '.repeat(MIB / 4)}\r\n`;
    // Never finished, because the answer must not wait for the end.
    const answer = await sendRaw(port, post(`${json}\r\ntransfer-encoding: chunked`), chunk.repeat(5));
    expect(answer).toContain('HTTP/1.1 413 ');
  });

  it('may have exactly the limit', async () => {
    const { call } = await start();
    expect((await call('POST /echo', { body: `{}${' '.repeat(MIB - 2)}` })).status).toBe(200);
    expect((await call('POST /echo', { body: `{}${' '.repeat(MIB - 1)}` })).status).toBe(413);
  });

  it('does not keep its sender from reading the answer while it sends', async () => {
    const { call } = await start();
    const answers = Array.from({ length: 20 }, () => call('POST /echo', { body: 'x'.repeat(8 * MIB) }));
    for (const { status } of await Promise.all(answers)) expect(status).toBe(413);
  });
});

describe('a body that is not read', () => {
  it('does not cost the connection when it is small', async () => {
    const { port } = await start();
    const request = 'PUT /drop HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n';
    const answers = await sendRaw(port, `${request}\r\n12345`, `${request}connection: close\r\n\r\n12345`);
    expect(answers.match(/HTTP\/1\.1 204 /g)).toHaveLength(2);
  });

  it('is left to the handler without a schema', async () => {
    const { call } = await start();
    expect((await call('PUT /upload', { body: 'x'.repeat(3 * MIB) })).body).toBe(3 * MIB);
  });
});

describe('a client that asks before it sends', () => {
  const asking = `${json}\r\nexpect: 100-continue`;

  it('may send its body once all other checks pass', async () => {
    const { port } = await start();
    const answer = await sendRaw(
      port,
      post(`${asking}\r\ncontent-length: 7\r\nconnection: close`),
      '{"a":1}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  it('is refused at once otherwise', async () => {
    const { port } = await start();
    const answer = await sendRaw(port, post(`${asking}\r\ncontent-length: ${MIB + 1}`));
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });
});

describe('a slow body', () => {
  const head = 'PUT /upload HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n';
  const chunk = (bytes: number) => `${bytes.toString(16)}\r\n${'x'.repeat(bytes)}\r\n`;

  /** Sends a chunk repeatedly, until the time has passed or the server closes the connection. */
  async function drip(socket: Socket, bytes: number, forMs: number): Promise<number> {
    const until = performance.now() + forMs;
    let sent = 0;
    while (performance.now() < until && socket.writable) {
      socket.write(chunk(bytes));
      sent += bytes;
      await delay(10);
    }
    return sent;
  }

  it('may take any time while it keeps coming', async () => {
    const { port } = await startApp({ endpoints: [upload] }, { bodyTimeoutMs: 100 });
    const socket = connect(port, '127.0.0.1');
    socket.write(head);
    const sent = await drip(socket, 1_024, 1_000);
    socket.write('0\r\n\r\n');
    expect(await text(socket)).toMatch(new RegExp(`^HTTP/1\\.1 200 [^]*\\r\\n${sent}$`));
  });

  it('is ended with an answer when no more bytes come', async () => {
    const { port, lines } = await startApp({ endpoints: [upload] }, { bodyIdleTimeoutMs: 100 });
    const answer = await sendRaw(port, head, chunk(5));
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*"code":"request_timeout"/);
    await expect.poll(() => lines).toContainEqual(expect.objectContaining({ reason: 'BODY_TIMEOUT' }));
  });

  it('is ended when it comes byte by byte for too long', async () => {
    const { port, lines } = await startApp({ endpoints: [upload] }, { bodyTimeoutMs: 100 });
    const socket = connect(port, '127.0.0.1');
    // Bytes on their way when the server closes the connection cause a reset.
    socket.on('error', () => undefined).resume();
    socket.write(head);
    await drip(socket, 1, 20_000);
    expect(socket.writable).toBe(false);
    const line = { status: 408, code: 'request_timeout', reason: 'BODY_TIMEOUT' };
    await expect.poll(() => lines).toContainEqual(expect.objectContaining(line));
  });

  it('is not ended while the handler does not read', async () => {
    const released = Promise.withResolvers<void>();
    const { port } = await startApp(
      {
        endpoints: [
          {
            ...upload,
            handle: async (input) => {
              await released.promise;
              return upload.handle(input);
            },
          },
        ],
      },
      { bodyIdleTimeoutMs: 100, bodyTimeoutMs: 200 },
    );
    const bytes = 4 * MIB;
    const answer = sendRaw(port, head, chunk(bytes), '0\r\n\r\n');
    // Later requests with stalled clients have been ended meanwhile.
    for (let other = 0; other < 3; other += 1) {
      expect(await sendRaw(port, head, chunk(5))).toMatch(/^HTTP\/1\.1 408 /);
    }
    released.resolve();
    expect(await answer).toMatch(new RegExp(`^HTTP/1\\.1 200 [^]*\\r\\n${bytes}$`));
  });

  it('does not keep its connection open after its answer', async () => {
    const { port } = await startApp({ endpoints: [drop] }, { bodyIdleTimeoutMs: 100 });
    const answers = await sendRaw(port, 'PUT /drop HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n12345');
    expect(answers.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 204']);
  });
});
