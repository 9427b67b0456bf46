import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from './support/fake-service.ts';
import { resetServices, startTestBed, type TestBed } from './support/gateway.ts';
import { exchangeRaw, rawClient } from './support/raw-client.ts';

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

const hidden = 'GET /closed HTTP/1.1\r\nHost: x\r\nx-user-id: EVIL\r\n\r\n';

describe('a request that two servers could read differently is refused, and reaches no service', () => {
  it.each([
    [
      'Content-Length and Transfer-Encoding',
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'two lengths',
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
    ],
    [
      'two lengths in one',
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0, ${hidden.length}\r\n\r\n${hidden}`,
    ],
    [
      'an encoding after chunked',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an unknown encoding',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an encoding before chunked',
      `POST /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    ],
    [
      'two encodings',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'two encodings, the first unknown',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n`,
    ],
    [
      'a length before an encoding',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an encoding behind a vertical tab',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an encoding on a line of its own',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'an encoding with a space before its colon',
      `POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    [
      'the same length twice',
      `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n${hidden}`,
    ],
    ['a length in hexadecimal', `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: 0x0\r\n\r\n${hidden}`],
    ['a length below nothing', `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n${hidden}`],
    ['two hosts', 'GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nHost: y\r\n\r\n'],
    ['two hosts in one', 'GET /open HTTP/1.1\r\nHost: x, y\r\nConnection: close\r\n\r\n'],
    ['a host with a path', 'GET /open HTTP/1.1\r\nHost: x/closed\r\nConnection: close\r\n\r\n'],
    ['a host with a user', 'GET /open HTTP/1.1\r\nHost: x@y\r\nConnection: close\r\n\r\n'],
    ['a user in an absolute target', 'GET http://x@y/open HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a line feed alone in the middle', 'GET /open HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n'],
    ['a carriage return alone', 'GET /open HTTP/1.1\r\nHost: x\r\nX-A: b\rx-user-id: EVIL\r\n\r\n'],
    ['a header without a name', 'GET /open HTTP/1.1\r\nHost: x\r\n: EVIL\r\n\r\n'],
    ['a header without a colon', 'GET /open HTTP/1.1\r\nHost: x\r\nx-user-id\r\n\r\n'],
    ['a first header that is folded', 'GET /open HTTP/1.1\r\n Host: x\r\n\r\n'],
    ['a space in the target', 'GET /open /closed HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a control character in the target', 'GET /open\x01 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    [
      'chunks of a client that cannot know them',
      `POST /open HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['no version', 'GET /open\r\n\r\n'],
    ['another version', 'GET /open HTTP/3.7\r\nHost: x\r\n\r\n'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['the asterisk form', 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['a space before the colon', `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\n${hidden}`],
    ['a folded header', `POST /open HTTP/1.1\r\nHost: x\r\nX-A: b\r\n x-user-id: EVIL\r\n\r\n`],
    ['a length with a sign', `POST /open HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n${hidden}`],
    ['no Host', 'GET /open HTTP/1.1\r\n\r\n'],
    ['a bare line feed', 'GET /open HTTP/1.1\nHost: x\n\n'],
    ['a header with NUL', 'GET /open HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n'],
    ['the authority form', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a fragment', 'GET /open#/closed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
  ])('%s', async (_what, request) => {
    const answer = await exchangeRaw(bed.port, request);
    expect(answer).toMatch(/^HTTP\/1\.1 (4\d\d|501) /);
    expect(answer).not.toMatch(/HTTP\/1\.1 2/);
    expect(bed.auth.received).toEqual([]);
    expectProblems(answer);
  });
});

/** Also for bytes that are not a request: a body, an id and the security headers, and nothing from the client. */
function expectProblems(answers: string): void {
  for (const answer of answers.split(/(?=HTTP\/1\.1 \d{3} )/)) {
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(/^content-type: application\/problem\+json$/im);
    expect(head).toMatch(/^x-content-type-options: nosniff$/im);
    const { requestId } = JSON.parse(body) as { requestId: string };
    expect(head.toLowerCase()).toContain(`x-request-id: ${requestId}`);
    expect(answer).not.toContain('EVIL');
  }
}

it('headers above the limit are 431', async () => {
  const long = 'a'.repeat(20_000);
  const answer = await exchangeRaw(bed.port, `GET /open HTTP/1.1\r\nHost: x\r\nX-A: ${long}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  expectProblems(answer);
  expect(bed.auth.received).toEqual([]);
});

it('invalid bytes after a valid request do not affect its answer', async () => {
  const client = await rawClient(bed.port);
  client.send(`GET /open HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n${hidden}`);
  const answer = await client.closed();
  expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(['200', '400']);
  expect(bed.auth.received.map(({ url }) => url)).toEqual(['/open']);
});

it('a body that is aborted ends the call to the service as well', async () => {
  const held = Promise.withResolvers<void>();
  bed.auth.answer = (_request, response) => void held.promise.then(() => response.end('{}'));
  const client = await rawClient(bed.port);
  client.send('POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n');
  await vi.waitFor(() => expect(bed.auth.received[0]?.body.toString()).toBe('ab'));
  client.send('zz\r\n');
  const answer = await client.closed();
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
  expectProblems(answer);
  await vi.waitFor(() => expect(bed.auth.received[0]?.aborted).toBe(true));
  held.resolve();
});

describe('a chunk that two servers could read differently ends the call, and the rest is not a request', () => {
  const chunked = 'POST /open HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n';

  it.each([
    ['a size with a sign', `${chunked}+2\r\nab\r\n0\r\n\r\n${hidden}`],
    ['a size with a prefix', `${chunked}0x2\r\nab\r\n0\r\n\r\n${hidden}`],
    ['a size too large for anybody', `${chunked}fffffffffffffffff2\r\nab\r\n0\r\n\r\n${hidden}`],
    ['no size', `${chunked}\r\nab\r\n0\r\n\r\n${hidden}`],
    ['more than its size', `${chunked}2\r\nabc\r\n0\r\n\r\n${hidden}`],
    ['a line feed alone after its size', `${chunked}2\nab\r\n0\r\n\r\n${hidden}`],
    ['a line feed alone in an extension', `${chunked}2;a\nab\r\n0\r\n\r\n${hidden}`],
    ['a line feed alone after its end', `${chunked}2\r\nab\n0\r\n\r\n${hidden}`],
  ])('%s', async (_what, request) => {
    const answer = await exchangeRaw(bed.port, request);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
    await vi.waitFor(() => {
      for (const received of bed.auth.received)
        expect(received).toMatchObject({ url: '/open', aborted: true });
    });
    expect(bed.auth.received.length).toBeLessThanOrEqual(1);
  });
});

it('bytes after a request that closes the connection are not a request', async () => {
  const answer = await exchangeRaw(
    bed.port,
    `POST /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}${hidden}`,
  );
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  expect(bed.auth.received).toMatchObject([{ url: '/open' }]);
  expect(bed.auth.received[0]?.body.toString()).toBe('{}');
});

it('the body of a GET is its body, not another request', async () => {
  const answer = await exchangeRaw(
    bed.port,
    `GET /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(bed.auth.received.map(({ url }) => url)).toEqual(['/open']);
  expect(bed.auth.received[0]?.body.toString()).toBe(hidden);
});

it.each(['DELETE', 'OPTIONS', 'GET', 'POST'])('a chunked body of %s arrives as a body', async (method) => {
  const size = hidden.length.toString(16);
  const answer = await exchangeRaw(
    bed.port,
    `${method} /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${hidden}\r\n0\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(bed.auth.received).toMatchObject([{ method, url: '/open' }]);
  expect(bed.auth.received[0]?.body.toString()).toBe(hidden);
});

it('pipelined requests are answered one after the other, each with its own identity', async () => {
  const client = await rawClient(bed.port);
  client.send(
    'GET /open?n=1 HTTP/1.1\r\nHost: x\r\nx-user-id: EVIL\r\n\r\nGET /closed HTTP/1.1\r\nHost: x\r\n\r\nGET /open?n=2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  );
  const answer = await client.closed();
  expect([...answer.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual([
    '200',
    '401',
    '200',
  ]);
  expect(bed.auth.received.map(({ url }) => url)).toEqual(['/open?n=1', '/open?n=2']);
});

it('a request for an unknown upgrade is an ordinary request', async () => {
  const client = await rawClient(bed.port);
  client.send(
    'GET /closed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n',
  );
  await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1.1 401 /));
  client.socket.destroy();
});
