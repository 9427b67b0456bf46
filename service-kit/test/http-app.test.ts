import { once } from 'node:events';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { createReadiness } from '../src/admin/index.ts';
import { createApp, defineEndpoint, DomainError, reply, type RequestContext } from '../src/http/index.ts';
import { createLogger } from '../src/logging/index.ts';
import { anonymous, client, internally, player, startApp } from './running-app.ts';

const base = { operationId: 'test', summary: 'Test', tag: 'test' } as const;

const claim = defineEndpoint({
  ...base,
  method: 'POST',
  path: '/v1/events/{eventId}/claims',
  access: { roles: ['USER'] },
  request: {
    params: z.object({ eventId: z.string().startsWith('evt_') }),
    query: z.object({ wait: z.coerce.number().int().max(10).default(2) }),
    headers: z.object({ 'if-match': z.string().optional() }),
    body: z.strictObject({ rewardId: z.string().optional() }),
  },
  maxBodyBytes: 1_000,
  responses: { 201: { description: 'Granted', body: z.object({ got: z.unknown() }) } },
  problems: ['out_of_stock'],
  handle: async ({ params, query, headers, body, identity }) => {
    if (body.rewardId === 'rwd_gone') {
      throw new DomainError('out_of_stock', 'None left', {
        members: { left: 0 },
        headers: { 'retry-after': '5' },
      });
    }
    if (body.rewardId === 'rwd_broken') throw new Error('secret detail');
    if (body.rewardId === 'rwd_unlisted') throw new DomainError('unlisted');
    const got = { ...params, ...query, ...headers, ...body, userId: identity.userId };
    return reply(201, { got }, { location: '/v1/claims/clm_1' });
  },
});

const audit = defineEndpoint({
  ...base,
  method: 'GET',
  path: '/v1/events/audit',
  access: 'signed-in',
  responses: { 200: { description: 'Entries', body: z.string() } },
  handle: async () => reply(200, 'audit'),
});

const event = defineEndpoint({
  ...base,
  method: 'GET',
  path: '/v1/events/{eventId}',
  access: 'public',
  request: { params: z.object({ eventId: z.string() }) },
  responses: { 200: { description: 'The event', body: z.string() } },
  handle: async ({ params }) => reply(200, params.eventId),
});

const endpoints = [event, claim, audit];
const problems = { out_of_stock: { status: 409, title: 'Out of stock' } };
const target = '/v1/events/evt_1/claims';

describe('an endpoint', () => {
  it('gets its input parsed and its caller identified', async () => {
    const { call } = await startApp({ endpoints, problems });
    const answer = await call(`POST ${target}?wait=3&other=1`, {
      as: player,
      headers: { 'if-match': '"1"' },
      body: { rewardId: 'rwd_1' },
    });
    expect(answer).toMatchObject({
      status: 201,
      body: { got: { eventId: 'evt_1', wait: 3, 'if-match': '"1"', rewardId: 'rwd_1', userId: 'acc_1' } },
    });
    expect(answer.headers.get('location')).toBe('/v1/claims/clm_1');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  it('is preferred to one with a placeholder at that place', async () => {
    const { call } = await startApp({ endpoints, problems });
    expect((await call('GET /v1/events/audit', { as: player })).body).toBe('audit');
    expect((await call('GET /v1/events/a%20b', { as: anonymous })).body).toBe('a b');
  });

  it('answers HEAD as it answers GET, without the body', async () => {
    const { call } = await startApp({ endpoints, problems });
    const answer = await call('HEAD /v1/events/evt_1', { as: anonymous });
    expect(answer).toMatchObject({ status: 200, body: undefined });
    expect(answer.headers.get('content-length')).toBe('7');
  });

  it('that is internal answers other services, and no identity of the gateway', async () => {
    const internal = { ...audit, access: 'internal' } as const;
    const { call } = await startApp({ endpoints: [internal] });
    const of = (headers: Record<string, string>, as = player) =>
      call('GET /v1/events/audit?since=1', { as, headers });
    const admin = { ...player, roles: ['ADMIN' as const] };

    expect(
      await call('GET /v1/events/audit?since=1', {
        headers: internally('GET', '/v1/events/audit?since=1'),
      }),
    ).toMatchObject({ status: 200, body: 'audit' });
    expect(await of({}, admin)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect(await of({}, client)).toMatchObject({ status: 401 });
    expect(await of(internally('GET', '/v1/events/audit'))).toMatchObject({ status: 401 });
    expect(await of(internally('POST', '/v1/events/audit?since=1'))).toMatchObject({ status: 401 });
    expect(() =>
      createApp({
        service: 'test',
        endpoints: [internal],
        problems: {},
        logger: createLogger({ service: 'test', level: 'error' }),
      }),
    ).toThrow('test is internal, but there is no verifyInternalCall');
  });

  it('gets every query parameter, also those after the thousandth', async () => {
    const { call } = await startApp({ endpoints, problems });
    const target = `/v1/events/evt_1/claims?${'a=1&'.repeat(1_000)}wait=99`;
    expect(await call(`POST ${target}`, { as: player, body: {} })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'query.wait' }] },
    });
  });

  it('can answer with a stream', async () => {
    const rows = {
      ...event,
      handle: async () => reply(200, Readable.from(['a\n', 'b\n']), { 'content-type': 'text/csv' }),
    };
    const { call } = await startApp({ endpoints: [rows] });
    const answer = await call('GET /v1/events/x', { as: anonymous });
    expect(answer).toMatchObject({ status: 200, body: 'a\nb\n' });
    expect(answer.headers.get('content-type')).toBe('text/csv');
  });
});

describe('the order of checks', () => {
  const big = 'x'.repeat(2_000);
  const wrong = { rewardId: 1, roles: ['ADMIN'] };
  const body = JSON.stringify(wrong);

  it.each([
    ['path', 400, 'ambiguous_path', `POST /v1/events/a%2fb/claims`, {}],
    ['route', 404, 'not_found', 'POST /v1/nothing', { body: big }],
    ['method', 405, 'method_not_allowed', `DELETE ${target}`, { body: big }],
    ['token', 401, 'unauthenticated', `POST ${target}`, { body: big }],
    ['token of an anonymous caller', 401, 'unauthenticated', `POST ${target}`, { as: anonymous, body: big }],
    ['role', 403, 'forbidden', `POST ${target}`, { as: client, body: big }],
    ['account', 403, 'forbidden', 'GET /v1/events/audit', { as: client }],
    [
      'media type',
      415,
      'unsupported_media_type',
      `POST ${target}`,
      { as: player, body: big, headers: { 'content-type': 'text/plain' } },
    ],
    ['size', 413, 'payload_too_large', `POST ${target}`, { as: player, body: big }],
    ['JSON', 400, 'malformed_json', `POST ${target}`, { as: player, body: body.slice(1) }],
    ['values', 400, 'invalid_request', `POST ${target}`, { as: player, body }],
    ['domain', 409, 'out_of_stock', `POST ${target}`, { as: player, body: { rewardId: 'rwd_gone' } }],
  ])('comes to the %s: %i %s', async (_check, status, code, methodAndTarget, options) => {
    const { call } = await startApp({ endpoints, problems });
    expect(await call(methodAndTarget, options)).toMatchObject({ status, body: { status, code } });
  });

  it('needs a signature even for a public endpoint', async () => {
    const { call } = await startApp({ endpoints, problems });
    expect((await call('GET /v1/events/evt_1')).status).toBe(401);
    expect((await call('GET /v1/events/evt_1', { as: anonymous })).status).toBe(200);
  });

  it('lists the methods of a path', async () => {
    const { call } = await startApp({ endpoints: [...endpoints, { ...event, method: 'PATCH' }], problems });
    const answer = await call('POST /v1/events/evt_1', { as: player });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PATCH');
  });

  it('tells a caller without a token how to authenticate', async () => {
    const { call } = await startApp({ endpoints, problems });
    expect((await call(`POST ${target}`)).headers.get('www-authenticate')).toBe('Bearer');
  });
});

describe('a problem', () => {
  it('has every member of RFC 9457, the code, the request id and the members of the domain', async () => {
    const { call } = await startApp({ endpoints, problems });
    const answer = await call(`POST ${target}?secret=1`, { as: player, body: { rewardId: 'rwd_gone' } });
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(answer.body).toEqual({
      type: 'urn:laurel:problem:out_of_stock',
      title: 'Out of stock',
      status: 409,
      detail: 'None left',
      instance: target,
      code: 'out_of_stock',
      requestId: 'req-1',
      left: 0,
    });
  });

  it('lists every invalid value of the input', async () => {
    const { call } = await startApp({ endpoints, problems });
    const answer = await call('POST /v1/events/x/claims?wait=99', {
      as: player,
      body: { rewardId: 1, roles: [] },
    });
    expect(answer.body).toHaveProperty('errors', [
      { path: 'path.eventId', message: expect.any(String) },
      { path: 'query.wait', message: expect.any(String) },
      { path: 'rewardId', message: expect.any(String) },
      { path: 'roles', message: 'Unknown field' },
    ]);
  });

  it.each(['rwd_broken', 'rwd_unlisted'])(
    'says nothing about an error that nobody expected (%s); the log does',
    async (rewardId) => {
      const { call, lines } = await startApp({ endpoints, problems });
      const { status, body } = await call(`POST ${target}`, { as: player, body: { rewardId } });
      expect(status).toBe(500);
      expect(body).toMatchObject({ code: 'internal_error', requestId: 'req-1' });
      expect(JSON.stringify(body)).not.toMatch(/secret detail|unlisted/);
      expect(lines).toContainEqual(
        expect.objectContaining({
          level: 'error',
          requestId: 'req-1',
          error: expect.objectContaining({ stack: expect.stringContaining('http-app.test.ts') }),
        }),
      );
    },
  );

  it('can be made of an error that a library threw', async () => {
    class StoreAwayError extends Error {}
    const broken = {
      ...event,
      handle: async () => {
        throw new StoreAwayError();
      },
    };
    const translateError = (error: unknown) =>
      error instanceof StoreAwayError ? new DomainError('service_unavailable') : undefined;
    const { call } = await startApp({ endpoints: [broken], translateError });
    expect((await call('GET /v1/events/x', { as: anonymous })).status).toBe(503);
  });
});

describe('a request', () => {
  const contextEndpoint = (seen: RequestContext[]) => ({
    ...event,
    handle: async ({ context }: { context: RequestContext }) => {
      seen.push(context);
      return reply(200, 'seen');
    },
  });

  it('keeps the id that the gateway signed, and gets a new one otherwise', async () => {
    const { call } = await startApp({ endpoints, problems });
    const signed = await call('GET /v1/events/x', { as: anonymous });
    expect(signed.headers.get('x-request-id')).toBe('req-1');
    const forged = await call('GET /v1/events/x', { headers: { 'x-request-id': 'forged' } });
    expect(forged.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("continues the caller's trace", async () => {
    const seen: RequestContext[] = [];
    const { call } = await startApp({ endpoints: [contextEndpoint(seen)] });
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    await call('GET /v1/events/x', {
      as: anonymous,
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    });
    expect(seen[0]?.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  });

  it('leaves one line in the log, and none for health', async () => {
    const { call, lines } = await startApp({ endpoints, problems });
    await call('GET /healthz');
    await call(`POST ${target}?token=hidden`, { as: player, body: {} });
    await vi.waitFor(() => expect(lines.filter(({ message }) => message === 'request')).toHaveLength(1));
    const line = lines.find(({ message }) => message === 'request');
    expect(line).toMatchObject({
      level: 'info',
      requestId: 'req-1',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      method: 'POST',
      path: target,
      route: '/v1/events/{eventId}/claims',
      status: 201,
      durationMs: expect.any(Number),
      userId: 'acc_1',
      clientAddress: '203.0.113.7',
    });
    expect(JSON.stringify(line)).not.toContain('hidden');
  });

  it('is measured by route, never by path', async () => {
    const { call, metrics } = await startApp({ endpoints, problems });
    await call(`POST ${target}`, { as: player, body: {} });
    await call('GET /v1/anything');
    await vi.waitFor(async () => {
      const text = await metrics.metrics();
      expect(text).toContain(
        'http_request_duration_seconds_count{service="test-service",method="POST",route="/v1/events/{eventId}/claims",status="201"} 1',
      );
      expect(text).toContain('method="GET",route="none",status="404"} 1');
      expect(text).not.toContain('anything');
    });
  });

  it('carries security headers and no name of the framework', async () => {
    const { call } = await startApp({ endpoints, problems });
    const { headers } = await call('GET /v1/nothing');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers.has('x-powered-by')).toBe(false);
  });

  it('tells its handler when the client has gone, and is no error then', async () => {
    const { promise: begun, resolve: begin } = Promise.withResolvers<RequestContext>();
    const slow = {
      ...event,
      handle: async ({ context }: { context: RequestContext }) => {
        begin(context);
        if (!context.signal.aborted) await once(context.signal, 'abort');
        throw context.signal.reason;
      },
    };
    const { call, lines } = await startApp({ endpoints: [slow] });
    const caller = new AbortController();
    const answer = call('GET /v1/events/x', { as: anonymous, signal: caller.signal });
    await begun;
    caller.abort();
    await expect(answer).rejects.toThrow();
    await vi.waitFor(() => {
      expect(lines).toContainEqual(
        expect.objectContaining({ message: 'request', status: 499, aborted: true }),
      );
    });
    expect(lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  it('ends with a broken connection when its handler fails in the middle of the answer', async () => {
    const half = {
      ...event,
      handle: async () => {
        const rows = new Readable({ read: () => undefined });
        rows.push('first row\n');
        setImmediate(() => rows.destroy(new Error('the store went away')));
        return reply(200, rows, { 'content-type': 'text/csv' });
      },
    };
    const { call, lines } = await startApp({ endpoints: [half] });
    await expect(call('GET /v1/events/x', { as: anonymous })).rejects.toThrow();
    await vi.waitFor(() =>
      expect(lines).toContainEqual(expect.objectContaining({ message: 'Request failed' })),
    );
  });
});

describe('createApp', () => {
  it('serves health without and readiness with the dependencies', async () => {
    let isUp = true;
    const readiness = createReadiness({
      store: async () => {
        if (!isUp) throw new Error('connection refused');
      },
    });
    const { call } = await startApp({ endpoints, problems, readiness });
    expect(await call('GET /readyz')).toMatchObject({ status: 503, body: { status: 'starting' } });
    readiness.open();
    expect(await call('GET /readyz')).toMatchObject({ status: 200, body: { status: 'ready' } });
    isUp = false;
    expect((await call('GET /readyz')).body).toEqual({ status: 'failed' });
    expect(await call('GET /healthz')).toMatchObject({
      status: 200,
      body: { status: 'ok', service: 'test-service' },
    });
  });

  it('serves the API document', async () => {
    const { call } = await startApp({ endpoints, problems, openApi: { openapi: '3.1.0' } });
    expect((await call('GET /openapi.json')).body).toEqual({ openapi: '3.1.0' });
  });

  it('lets a service add routes that are not endpoints', async () => {
    const { call } = await startApp({
      endpoints,
      problems,
      extend: (app) => app.get('/extra', (_request, response) => void response.end('extra')),
    });
    const answer = await call('GET /extra');
    expect(answer.body).toBe('extra');
    expect(answer.headers.has('x-request-id')).toBe(true);
    expect((await call('GET /extra/more')).status).toBe(404);
  });

  it('refuses endpoints with an identity when there is no verifier', () => {
    const logger = createLogger({ service: 'test', level: 'error' });
    expect(() => createApp({ service: 'test', endpoints, problems, logger })).toThrow(/verifyIdentity/);
  });

  it('refuses a documented code that has no status', () => {
    const logger = createLogger({ service: 'test', level: 'error' });
    const open = [{ ...claim, access: 'unsigned' } as const];
    expect(() => createApp({ service: 'test', endpoints: open, problems: {}, logger })).toThrow(
      /out_of_stock/,
    );
  });
});
