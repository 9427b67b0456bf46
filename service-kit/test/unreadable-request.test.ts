import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEndpoint, reply } from '../src/http/index.ts';
import { sendRaw, startApp } from './running-app.ts';

const work = defineEndpoint({
  method: 'POST',
  path: '/work',
  operationId: 'work',
  summary: 'Works',
  tag: 'test',
  access: 'unsigned',
  request: { body: z.strictObject({}) },
  responses: { 200: { description: 'Done', body: z.string() } },
  handle: async () => reply(200, 'done'),
});

const Problem = z.strictObject({
  type: z.string(),
  title: z.string(),
  status: z.number(),
  detail: z.string(),
  instance: z.string(),
  code: z.string(),
  requestId: z.uuid(),
});

/** The answers on a connection, with status, headers and body. */
function answersIn(received: string) {
  return received
    .split(/(?=HTTP\/1\.1 \d{3} )/)
    .filter((answer) => answer !== '')
    .map((answer) => {
      const [head = '', ...body] = answer.split('\r\n\r\n');
      const [line = '', ...fields] = head.split('\r\n');
      const headers = Object.fromEntries(
        fields.map((field) => {
          const at = field.indexOf(': ');
          return [field.slice(0, at).toLowerCase(), field.slice(at + 2)];
        }),
      );
      return { status: Number(line.split(' ')[1]), headers, body: body.join('\r\n\r\n') };
    });
}

function expectProblem(
  answer: ReturnType<typeof answersIn>[number] | undefined,
  status: number,
  code: string,
) {
  expect(answer?.status).toBe(status);
  const problem = Problem.parse(JSON.parse(answer?.body ?? ''));
  expect(problem).toMatchObject({ status, code });
  expect(answer?.headers).toMatchObject({
    'content-type': 'application/problem+json',
    'content-length': String(Buffer.byteLength(answer?.body ?? '')),
    'x-request-id': problem.requestId,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    connection: 'close',
  });
}

const SECRET = 'do-not-write-me-down';

describe('an unreadable request is answered with a problem, and the connection ends', () => {
  it.each([
    ['no HTTP', `hello ${SECRET}\r\n\r\n`, 400, 'malformed_request'],
    ['another protocol', '\x16\x03\x01\x02\x00\x01\x00\x01', 400, 'malformed_request'],
    [
      'a bad header',
      `GET / HTTP/1.1\r\nHost: x\r\nauthorization ${SECRET}\r\n\r\n`,
      400,
      'malformed_request',
    ],
    [
      'two lengths',
      'POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
      400,
      'malformed_request',
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400, 'malformed_request'],
    ['two hosts', 'GET /healthz HTTP/1.1\r\nHost: x\r\nhost: x\r\n\r\n', 400, 'malformed_request'],
    ['no host, and a body', 'POST /work HTTP/1.1\r\nContent-Length: 5\r\n\r\n{}', 400, 'malformed_request'],
    [
      'headers of 20 kB',
      `GET /healthz HTTP/1.1\r\nHost: x\r\nx-a: ${'a'.repeat(20_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'an expectation of something else',
      'POST /work HTTP/1.1\r\nHost: x\r\nExpect: 200-ok\r\nContent-Length: 2\r\n\r\n{}',
      417,
      'expectation_failed',
    ],
    [
      'a body of broken chunks',
      'POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      400,
      'malformed_request',
    ],
    [
      'a chunk with extensions of 20 kB',
      `POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      413,
      'payload_too_large',
    ],
  ])('%s', async (_what, bytes, status, code) => {
    const { port, lines } = await startApp({ endpoints: [work] });
    const received = await sendRaw(port, bytes);
    const answers = answersIn(received);
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], status, code);
    expect(received).not.toContain(SECRET);
    await expect.poll(() => lines).toContainEqual(expect.objectContaining({ status }));
    expect(JSON.stringify(lines)).not.toContain(SECRET);
  });

  it('a tunnel to somewhere else', async () => {
    const { port, lines } = await startApp({ endpoints: [work] });
    const connect = 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n';
    const alone = answersIn(await sendRaw(port, connect));
    expect(alone).toHaveLength(1);
    expectProblem(alone[0], 400, 'malformed_request');
    const after = answersIn(await sendRaw(port, `GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n${connect}`));
    expect(after.map(({ status }) => status)).toEqual([200, 400]);
    expectProblem(after[1], 400, 'malformed_request');
    await expect.poll(() => lines).toContainEqual(expect.objectContaining({ reason: 'CONNECT' }));
  });

  it('an unfinished head', async () => {
    const { port } = await startApp({ endpoints: [work] }, { headersTimeoutMs: 200 });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\n');
    const answers = answersIn(await text(socket));
    expect(answers).toHaveLength(1);
    expectProblem(answers[0], 408, 'request_timeout');
  });
});

describe('nobody’s answer is written into another', () => {
  const GET = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n';

  it('a good request before a bad one keeps its answer', async () => {
    const { port } = await startApp({ endpoints: [work] });
    const answers = answersIn(await sendRaw(port, `${GET}nonsense\r\n\r\n${GET}nonsense\r\n\r\n`));
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expectProblem(answers[1], 400, 'malformed_request');
  });

  it('not even when its answer is slow', async () => {
    const begun = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const slow = {
      ...work,
      handle: async () => {
        begun.resolve();
        await released.promise;
        return reply(200, 'done');
      },
    };
    const { port, call } = await startApp({ endpoints: [slow] });
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString();
    });
    const json = 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
    socket.write(`POST /work HTTP/1.1\r\nHost: x\r\n${json}`);
    await begun.promise;
    socket.write('nonsense\r\n\r\n');
    await call('GET /healthz');
    expect(received).toBe('');
    released.resolve();
    await once(socket, 'close');
    const answers = answersIn(received);
    expect(answers.map(({ status }) => status)).toEqual([200, 400]);
    expect(answers[0]?.body).toBe('"done"');
  });

  it('a connection that fails is only closed, and the server goes on', async () => {
    const { port, call } = await startApp({ endpoints: [work] });
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST /work HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{');
    socket.resetAndDestroy();
    expect((await call('GET /healthz')).status).toBe(200);
  });
});

it('HTTP/1.0 may leave Host out', async () => {
  const { port } = await startApp({ endpoints: [] });
  expect(await sendRaw(port, 'GET /healthz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200 /);
});
