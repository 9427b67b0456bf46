import { expect, it } from 'vitest';
import { answeredHeaders } from './response-headers.ts';

it("headers of the connection and the gateway's own headers are not copied from the service", () => {
  const headers = {
    connection: 'keep-alive, x-inner',
    'keep-alive': 'timeout=5',
    'transfer-encoding': 'chunked',
    'proxy-authenticate': 'x',
    'x-inner': '1',
    'x-request-id': 'inner',
    'x-frame-options': 'ALLOWALL',
    'content-type': 'text/plain',
    'set-cookie': ['a=1', 'b=2'],
  };
  expect(answeredHeaders(headers, new Set(['x-frame-options']))).toEqual([
    'content-type',
    'text/plain',
    'set-cookie',
    'a=1',
    'set-cookie',
    'b=2',
  ]);
});

it("no header reveals the services or the gateway's signature", () => {
  const inside = {
    server: 'inner/1.0',
    via: '1.1 inner',
    'x-powered-by': 'x',
    'x-gateway-signature': 'v1;k=k1',
    'x-user-id': 'acc_1',
    'x-client-address': '10.0.0.1',
  };
  expect(answeredHeaders(inside, new Set())).toEqual([]);
});
