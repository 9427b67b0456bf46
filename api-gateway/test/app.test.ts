import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RequestHandler } from 'express';
import { expect, it, vi } from 'vitest';
import { createApp } from '../src/app.ts';
import { createCrossOrigin } from '../src/http/cross-origin.ts';
import { apiSecurityHeaders } from '../src/http/security-headers.ts';
import { createRouteTable } from '../src/routing/route-table.ts';

const SECRET = 'mongodb://inner:27017';

/** The app with an endpoint or a `serveRequest` that fails, over a real socket. */
async function answerWith(failing: RequestHandler | 'serveRequest') {
  const lines: object[] = [];
  const logger = {
    error: (message: string, fields?: object) => void lines.push({ message, ...fields }),
    warn: () => undefined,
    info: () => undefined,
    debug: () => undefined,
    child: () => logger,
  };
  const app = createApp({
    ownEndpoints: () => (failing === 'serveRequest' ? undefined : failing),
    serveRequest: () => {
      throw new Error(SECRET);
    },
    routes: { current: () => createRouteTable([]) },
    clientAddress: () => '',
    crossOrigin: createCrossOrigin(apiSecurityHeaders(), undefined),
    publicHosts: undefined,
    metrics: { observe: () => undefined, refused: () => undefined },
    logger,
  });
  const server = createServer(app.listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/x`);
    return { status: answer.status, text: await answer.text(), headers: answer.headers, lines };
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

it.each<[string, RequestHandler | 'serveRequest']>([
  ['serveRequest', 'serveRequest'],
  [
    'an endpoint',
    () => {
      throw new Error(SECRET);
    },
  ],
  ['an endpoint that waits', () => Promise.reject(new Error(SECRET))],
  ['a function that an endpoint calls', (_request, _response, next) => next(new Error(SECRET))],
])('a failure of %s is a 500 with nothing but its id, and a line in the log', async (_what, failing) => {
  const { status, text, headers, lines } = await answerWith(failing);
  expect(status).toBe(500);
  expect(text).not.toContain('inner');
  expect(JSON.parse(text)).toMatchObject({
    code: 'internal_error',
    requestId: headers.get('x-request-id'),
  });
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  await vi.waitFor(() =>
    expect(lines).toEqual([
      {
        message: 'Request failed with an unexpected error',
        requestId: headers.get('x-request-id'),
        traceId: expect.any(String),
        error: new Error(SECRET),
      },
    ]),
  );
});
