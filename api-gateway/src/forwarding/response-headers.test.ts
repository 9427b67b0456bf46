import { expect, it } from 'vitest';
import { answeredHeaders } from './response-headers.ts';

it('headers of the connection and those that the gateway sets itself stay behind', () => {
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

it('nothing tells of what is behind the gateway, or of what it says there', () => {
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
