import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
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

describe('a request that two servers could read differently is refused, and no service hears of it', () => {
  test.each([
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
    expect(answer).toMatch(/^(HTTP\/1\.1 (4\d\d|501) |$)/);
    expect(answer).not.toMatch(/HTTP\/1\.1 2/);
    expect(bed.auth.received).toEqual([]);
  });
});

test.each(['DELETE', 'OPTIONS', 'GET', 'POST'])('a chunked body of %s arrives as a body', async (method) => {
  const size = hidden.length.toString(16);
  const answer = await exchangeRaw(
    bed.port,
    `${method} /open HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\n${hidden}\r\n0\r\n\r\n`,
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(bed.auth.received).toMatchObject([{ method, url: '/open' }]);
  expect(bed.auth.received[0]?.body.toString()).toBe(hidden);
});

test('pipelined requests are answered one after the other, each with its own identity', async () => {
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

test('a request that asks for an upgrade is an ordinary one', async () => {
  const client = await rawClient(bed.port);
  client.send(
    'GET /closed HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n\r\n',
  );
  await vi.waitFor(() => expect(client.received()).toMatch(/^HTTP\/1.1 401 /));
  client.socket.destroy();
});
