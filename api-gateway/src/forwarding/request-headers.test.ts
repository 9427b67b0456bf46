import { describe, expect, it } from 'vitest';
import { passedHeaders, type PassedHeadersOptions } from './request-headers.ts';

function passed(rawHeaders: string[], options: Partial<PassedHeadersOptions> = {}): string[] {
  return passedHeaders({
    rawHeaders,
    connection: undefined,
    passBasic: false,
    passTracestate: false,
    ...options,
  });
}

describe('a client cannot name itself', () => {
  it.each([
    'x-user-id',
    'X-User-Id',
    'X-USER-ID',
    'x_user_id',
    'X_USER_ID',
    'X-User_Id',
    'x-user_id',
    'x.user.id',
    'x-user-roles',
    'X-USER-ROLES',
    'x_user_roles',
    'x-user-scopes',
    'X_User_Scopes',
    'x-user-anything-new',
    'x_user_anything',
    'x-session-id',
    'X_Session-Id',
    'x-request-id',
    'X_REQUEST_ID',
    'x-client-address',
    'x_client_address',
    'x-gateway-signature',
    'X_Gateway_Signature',
    'X-Gateway-Whatever',
    'traceparent',
    'x-forwarded-for',
    'X_Forwarded_For',
    'X-Forwarded-User',
    'forwarded',
    'x-real-ip',
    'client-ip',
  ])('by %s', (name) => {
    expect(passed([name, 'evil', 'accept', '*/*'])).toEqual(['accept', '*/*']);
  });
});

describe("a client cannot override the gateway's decision", () => {
  it.each([
    'x-http-method-override',
    'X_HTTP_Method',
    'x-original-url',
    'x-rewrite-url',
    'proxy',
    'host',
    'expect',
  ])('by %s', (name) => {
    expect(passed([name, 'evil'])).toEqual([]);
  });

  it('headers of the connection are not forwarded', () => {
    const names = [
      'Connection',
      'Keep-Alive',
      'TE',
      'Trailer',
      'Transfer-Encoding',
      'Upgrade',
      'Proxy-Authorization',
    ];
    expect(passed(names.flatMap((name) => [name, 'x']))).toEqual([]);
    expect(passed(['Transfer_Encoding', 'chunked', 'Content_Length', '5'])).toEqual([]);
  });

  it('headers that Connection names are not forwarded', () => {
    const headers = ['X-Mine', '1', 'x-other', '2', 'content-type', 'text/plain'];
    expect(passed(headers, { connection: 'keep-alive, X-MINE,content-type' })).toEqual(['x-other', '2']);
  });
});

describe('credentials', () => {
  const basic = ['Authorization', 'Basic YTpi'];

  it('are not forwarded', () => {
    expect(passed(['Authorization', 'Bearer x'])).toEqual([]);
    expect(passed(basic)).toEqual([]);
    expect(passed(['AUTHORIZATION', 'bearer x', 'authorization_', 'x'])).toEqual(['authorization_', 'x']);
  });

  it('with Basic are forwarded once, to OAuth endpoints', () => {
    expect(passed(basic, { passBasic: true })).toEqual(['authorization', 'Basic YTpi']);
    expect(passed([...basic, ...basic], { passBasic: true })).toEqual(['authorization', 'Basic YTpi']);
    expect(passed(['Authorization', 'Bearer x', ...basic], { passBasic: true })).toEqual([
      'authorization',
      'Basic YTpi',
    ]);
    expect(passed(['Authorization', 'Bearer x'], { passBasic: true })).toEqual([]);
  });
});

it('all other headers pass, in order and with repetitions', () => {
  const headers = ['Accept', 'a', 'X-Custom', '1', 'X-Custom', '2', 'Cookie', 'c=1', 'Idempotency-Key', 'k'];
  expect(passed(headers)).toEqual(
    headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)),
  );
});

it('tracestate passes only with the traceparent that it belongs to', () => {
  expect(passed(['tracestate', 'a=1'])).toEqual([]);
  expect(passed(['tracestate', 'a=1'], { passTracestate: true })).toEqual(['tracestate', 'a=1']);
});
