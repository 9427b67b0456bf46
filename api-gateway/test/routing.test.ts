import { execFile } from 'node:child_process';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { echo } from './support/fake-service.ts';
import { resetServices, startTestBed, type TestBed } from './support/gateway.ts';
import { exchangeRaw } from './support/raw-client.ts';
import { accessToken } from './support/tokens.ts';

let bed: TestBed;

beforeAll(async () => {
  bed = await startTestBed();
});
afterAll(async () => {
  await bed.stop();
});
beforeEach(() => {
  resetServices(bed, echo);
});

const asUser = () => ({ authorization: `Bearer ${accessToken(bed.keys)}` });

describe('the routing table', () => {
  it.each([
    ['/register', '/v1/auth/register'],
    ['/api/auth/login', '/v1/auth/login'],
    ['/v1/auth/refresh', '/v1/auth/refresh'],
    ['/v1/auth/login/?x=1', '/v1/auth/login?x=1'],
    ['/v1/auth/%6cogin', '/v1/auth/login'],
  ])('POST %s reaches auth-service as %s', async (path, forwarded) => {
    const answer = await fetch(bed.url + path, { method: 'POST', body: '{}' });
    expect(await answer.json()).toMatchObject({ method: 'POST', url: forwarded });
    expect(bed.auth.received).toMatchObject([{ url: forwarded, identity: { userId: '' } }]);
  });

  it('an alias of events reaches game-event-service', async () => {
    const answer = await fetch(`${bed.url}/api/events/42/claims?x=1`, { method: 'POST', headers: asUser() });
    expect(await answer.json()).toMatchObject({ url: '/v1/events/42/claims?x=1' });
    expect(bed.events.received).toMatchObject([{ identity: { userId: 'acc_1' } }]);
  });

  const ACCOUNTS = '/v1/accounts/acc_2';
  it.each([
    ['POST', '/v1/auth/guest', 'everyone'],
    ['POST', '/v1/auth/password-reset', 'everyone'],
    ['POST', '/v1/auth/upgrade', 'USER'],
    ['POST', '/v1/me/deletion', 'USER'],
    ['GET', '/v1/me/export', 'USER'],
    ['GET', '/v1/accounts?ids=acc_1,acc_2', 'AUDITOR'],
    ['GET', ACCOUNTS, 'OPERATOR'],
    ['POST', '/v1/accounts', 'ADMIN'],
    ['PATCH', ACCOUNTS, 'ADMIN'],
    ['DELETE', ACCOUNTS, 'ADMIN'],
    ['POST', `${ACCOUNTS}/restore`, 'ADMIN'],
    ['DELETE', `${ACCOUNTS}/sessions`, 'ADMIN'],
    ['POST', `${ACCOUNTS}/password-reset`, 'ADMIN'],
    ['PUT', `${ACCOUNTS}/roles`, 'ADMIN'],
    ['PUT', `${ACCOUNTS}/status`, 'OPERATOR'],
  ])('%s %s reaches auth-service for %s, and not with less', async (method, path, least) => {
    const statusFor = async (roles?: string[]): Promise<number> => {
      const token = roles && { authorization: `Bearer ${accessToken(bed.keys, { claims: { roles } })}` };
      const body = method === 'GET' ? undefined : '{}';
      return (
        await fetch(bed.url + path, { method, ...(body && { body }), ...(token && { headers: token }) })
      ).status;
    };
    expect(await statusFor()).toBe(least === 'everyone' ? 200 : 401);
    expect(await statusFor(['USER'])).toBe(['everyone', 'USER'].includes(least) ? 200 : 403);
    expect(await statusFor([least])).toBe(200);
    expect(bed.auth.received.at(-1)).toMatchObject({ method, url: path });
    expect(bed.events.received).toEqual([]);
  });

  it('an upload of codes may have any length', async () => {
    const token = accessToken(bed.keys, { claims: { roles: ['OPERATOR'] } });
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/csv' };
    const body = 'CODE\n'.repeat(600_000);
    const target = '/v1/events/evt_1/rewards/rwd_1/codes';
    const answer = await fetch(bed.url + target, { method: 'POST', headers, body });
    expect(await answer.json()).toEqual({ method: 'POST', url: target, bytes: body.length });
  });

  it('HEAD takes the route of GET', async () => {
    bed.auth.answer = (_request, response) => {
      response.setHeader('content-length', '5');
      response.end();
    };
    const answer = await fetch(`${bed.url}/v1/me`, { method: 'HEAD', headers: asUser() });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe('5');
    expect(bed.auth.received[0]?.method).toBe('HEAD');
  });

  it.each([
    ['GET', '/nothing', 404, 'no_route'],
    ['GET', '/internal/revocations', 404, 'no_route'],
    ['GET', '/INTERNAL/revocations', 404, 'no_route'],
    ['GET', '/V1/me', 404, 'no_route'],
    ['GET', '/v1/mex', 404, 'no_route'],
    ['POST', '/docs', 405, 'method_not_allowed'],
    ['DELETE', '/healthz', 405, 'method_not_allowed'],
    ['GET', '/docs/package.json', 404, 'no_route'],
    ['GET', '/v1/auth/login', 405, 'method_not_allowed'],
    ['OPTIONS', '/v1/me', 405, 'method_not_allowed'],
    ['GET', '/v1//me', 400, 'ambiguous_path'],
    ['GET', '/v1/a%2fb', 400, 'ambiguous_path'],
    ['GET', '/v1/..%5cadmin', 400, 'ambiguous_path'],
    ['GET', '/docs/..%2fpackage.json', 400, 'ambiguous_path'],
  ])('%s %s is answered with %i %s, and reaches no service', async (method, path, status, code) => {
    const answer = await fetch(bed.url + path, { method, headers: asUser() });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toEqual({
      type: `urn:laurel:problem:${code}`,
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: path,
      code,
      requestId: answer.headers.get('x-request-id'),
    });
    expect(bed.auth.received).toEqual([]);
    expect(bed.events.received).toEqual([]);
  });

  it('a known path lists its methods', async () => {
    const answer = await fetch(`${bed.url}/v1/events/1`, { method: 'PUT', headers: asUser() });
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, PATCH, POST');
  });

  it('checks come in this order: path, route, method, token, role, body', async () => {
    const code = async (method: string, path: string, headers: Record<string, string> = {}, body = '') => {
      const answer = await fetch(bed.url + path, { method, headers, ...(body && { body }) });
      return ((await answer.json()) as { code: string }).code;
    };
    const big = 'x'.repeat(1_100_000);
    expect(await code('PUT', '/nothing/%2e%2e')).toBe('no_route');
    expect(await code('PUT', '/nothing/%2f')).toBe('ambiguous_path');
    expect(await code('PUT', '/nothing')).toBe('no_route');
    expect(await code('PUT', '/v1/events')).toBe('method_not_allowed');
    expect(await code('POST', '/v1/events', {}, big)).toBe('unauthenticated');
    expect(await code('POST', '/v1/events', asUser(), big)).toBe('forbidden');
    expect(await code('POST', '/v1/invites/1/accept', asUser(), big)).toBe('payload_too_large');
  });
});

describe('every answer', () => {
  it.each(['/healthz', '/nothing', '/v1/a%2fb', '/v1/me', '/docs', '/docs/', '/openapi.json'])(
    'for %s has the security headers and its own id, once each',
    async (path) => {
      bed.auth.answer = (_request, response) => {
        response.setHeader('x-request-id', 'inner');
        response.setHeader('x-frame-options', 'ALLOWALL');
        response.setHeader('content-security-policy', "default-src 'unsafe-inline'");
        response.end('{}');
      };
      const send = () => fetch(bed.url + path, { headers: asUser(), redirect: 'manual' });
      const [answer, other] = [await send(), await send()];
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(other.headers.get('x-request-id')).not.toBe(answer.headers.get('x-request-id'));
      expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN');
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('content-security-policy')).toMatch(/^default-src 'none';/);
      expect(answer.headers.get('x-powered-by')).toBeNull();
    },
  );

  it('and every request has one complete line in the log', async () => {
    await fetch(`${bed.url}/v1/events/7?secret=1`, { headers: asUser() });
    const lines = () => bed.log.filter(({ message, route }) => message === 'request' && route === 'events');
    await vi.waitFor(() => expect(lines()).toHaveLength(1));
    expect(lines()[0]).toMatchObject({
      method: 'GET',
      path: '/v1/events/7',
      route: 'events',
      upstream: bed.events.url,
      status: 200,
      bytes: expect.any(Number),
      durationMs: expect.any(Number),
      userId: 'acc_1',
      clientAddress: '127.0.0.1',
      requestId: bed.events.received[0]?.headers['x-request-id'],
      traceId: bed.events.received[0]?.headers['traceparent']?.slice(3, 35),
    });
    expect(JSON.stringify(lines())).not.toContain('secret');
  });

  it('and every request is counted by its route', async () => {
    await fetch(`${bed.url}/v1/claims`, { headers: asUser() });
    await fetch(`${bed.url}/v1/claims`);
    await vi.waitFor(async () => {
      const metrics = await (await fetch(`${bed.adminUrl}/metrics`)).text();
      const count = (status: number) =>
        new RegExp(
          `http_request_duration_seconds_count\\{.*method="GET".*route="claims".*status="${status}".*\\} 1`,
        );
      expect(metrics).toMatch(count(200));
      expect(metrics).toMatch(count(401));
      expect(metrics).toMatch(/gateway_problems_total\{.*route="claims".*code="unauthenticated".*\} 1/);
    });
  });
});

it('an absolute target is used for its path, and never leads to another server', async () => {
  const answer = await exchangeRaw(
    bed.port,
    'POST http://evil.test/v1/auth/login HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1.1 200 /);
  expect(bed.auth.received).toMatchObject([
    { url: '/v1/auth/login', headers: { host: `127.0.0.1:${bed.auth.port}` }, identity: { userId: '' } },
  ]);
});

describe('the host of a request', () => {
  const ask = (target: string, host: string, port = bed.port) =>
    exchangeRaw(port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);

  it('is any host without PUBLIC_HOSTS', async () => {
    for (const host of ['x', 'EXAMPLE.org:8080', '[::1]:3000', '']) {
      expect(await ask('/v1/me', host)).toMatch(/^HTTP\/1\.1 401 /);
    }
  });

  it('is one of PUBLIC_HOSTS, in any case and with any port; others are misdirected', async () => {
    const own = await startTestBed({ env: { PUBLIC_HOSTS: 'game.example.org,[::1]' } });
    try {
      for (const host of ['game.example.org', 'GAME.example.org:443', '[::1]:3000']) {
        expect(await ask('/v1/me', host, own.port)).toMatch(/^HTTP\/1\.1 401 /);
      }
      for (const host of ['evil.example.org', 'game.example.org.evil', 'xgame.example.org', '']) {
        expect(await ask('/v1/me', host, own.port)).toMatch(
          /^HTTP\/1\.1 421 [^]*"code":"misdirected_request"/,
        );
      }
      // RFC 9112, 3.2.2: the target's own authority counts, not the header.
      expect(await ask('http://game.example.org/v1/me', 'evil', own.port)).toMatch(/^HTTP\/1\.1 401 /);
      expect(await ask('http://evil/v1/me', 'game.example.org', own.port)).toMatch(/^HTTP\/1\.1 421 /);
      expect(await ask('/readyz', '10.0.0.7', own.port)).toMatch(/^HTTP\/1\.1 200 /);
    } finally {
      await own.stop();
    }
  });

  it.each([
    'Game.Example.org.',
    'game.example.org.:443',
    'game.example.org:80',
    'Bücher.example',
    'xn--bcher-kva.EXAMPLE.:443',
    '[0:0:0:0:0:0:0:1]:3000',
  ])('is the same in another form: %s', async (host) => {
    const own = await startTestBed({ env: { PUBLIC_HOSTS: 'game.example.org,bücher.example.,[::1]' } });
    try {
      expect(await ask('/v1/me', host, own.port)).toMatch(/^HTTP\/1\.1 401 /);
      // A target is ASCII; Node itself refuses any other.
      const inTarget = host.replace('Bücher', 'XN--BCHER-KVA');
      expect(await ask(`http://${inTarget}/v1/me`, 'evil', own.port)).toMatch(/^HTTP\/1\.1 401 /);
    } finally {
      await own.stop();
    }
  });

  it.each(['a..b', 'a.example..', '.', '[:::]', 'a b', 'a/b', 'user@a', 'b%C3%BCcher.example', '\u00ad'])(
    'is refused if servers could read it differently: %j',
    async (host) => {
      expect(await ask('/v1/me', host)).toMatch(/^HTTP\/1\.1 400 [^]*"code":"malformed_request"/);
    },
  );

  it('selects among routes of one path', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'routes-'));
    const file = join(folder, 'routes.yaml');
    await writeFile(
      file,
      `routes:
  - name: any
    match: { path: /where }
    target: { env: AUTH_SERVICE_URL }
    access: public
  - name: game
    match: { path: /where, host: game.example.org }
    target: { env: GAME_EVENT_SERVICE_URL }
    access: public
  - name: books
    match: { path: /where, host: Bücher.example. }
    target: { env: GAME_EVENT_SERVICE_URL }
    access: public
`,
    );
    const own = await startTestBed({ env: { ROUTES_FILE: file } });
    try {
      await ask('/where', 'game.example.org:80', own.port);
      await ask('/where', 'example.org', own.port);
      await ask('http://GAME.example.org/where', 'example.org', own.port);
      expect([own.auth.received.length, own.events.received.length]).toEqual([1, 2]);
      await ask('/where', 'game.example.org.', own.port);
      await ask('http://game.example.org.:80/where', 'example.org', own.port);
      await ask('/where', 'xn--bcher-kva.example', own.port);
      await ask('/where', 'BÜCHER.example:443', own.port);
      expect([own.auth.received.length, own.events.received.length]).toEqual([1, 6]);
    } finally {
      await own.stop();
      await rm(folder, { recursive: true });
    }
  });
});

describe('a target that is not a path', () => {
  it.each([
    ['OPTIONS', '*', 404, 'no_route', 'server as a whole'],
    ['GET', '*', 400, 'malformed_request', 'Only OPTIONS'],
    ['GET', 'http://me:secret@a.example/v1/me', 400, 'malformed_request', 'user name'],
    ['GET', '/v1/me#part', 400, 'malformed_request', 'fragment'],
    ['GET', '/v1/me?a=1#part', 400, 'malformed_request', 'fragment'],
    ['GET', 'ftp://a.example/v1/me', 400, 'malformed_request', 'neither a path'],
    ['GET', '/v1/../me', 400, 'ambiguous_path', 'dot segment'],
  ])('%s %s is answered with %i %s, and its own detail', async (method, target, status, code, words) => {
    const answer = await exchangeRaw(
      bed.port,
      `${method} ${target} HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n`,
    );
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(JSON.parse(body)).toMatchObject({ code, status, detail: expect.stringContaining(words) });
    expect([...bed.auth.received, ...bed.events.received]).toEqual([]);
  });
});

it('the admin server answers only to addresses and to its own names', async () => {
  const own = await startTestBed({ env: { ADMIN_ALLOWED_HOSTS: 'gateway.internal' } });
  const ask = (host: string) =>
    exchangeRaw(
      Number(new URL(own.adminUrl).port),
      `GET /metrics HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
    );
  try {
    for (const host of ['127.0.0.1:3100', '[::1]', 'gateway.internal.']) {
      expect(await ask(host)).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(await ask('evil.example')).toMatch(/^HTTP\/1\.1 421 [^]*"code":"misdirected_request"/);
  } finally {
    await own.stop();
  }
});

describe('a reload', () => {
  const table = (name: string, path: string) => `routes:
  - name: ${name}
    match: { path: ${path} }
    target: { env: AUTH_SERVICE_URL }
    access: public
`;

  it('uses a valid file when it changes or on SIGHUP, and keeps the old table if it is invalid', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'routes-'));
    const file = join(folder, 'routes.yaml');
    await writeFile(file, table('one', '/one'));
    const own = await startTestBed({ env: { ROUTES_FILE: file } });
    const status = async (path: string) => (await fetch(own.url + path)).status;
    try {
      expect(await status('/one')).toBe(200);
      expect(await status('/two')).toBe(404);

      // A request in work keeps its route.
      const held = Promise.withResolvers<void>();
      own.auth.answer = (_request, response) => void held.promise.then(() => response.end('{}'));
      const underWay = fetch(`${own.url}/one`);
      await vi.waitFor(() => expect(own.auth.received).toHaveLength(2));
      await writeFile(file, table('two', '/two'));
      const reloads = () => own.log.filter(({ message }) => message === 'Routing table reloaded');
      await vi.waitFor(() => expect(reloads()).toHaveLength(1), { timeout: 5_000 });
      expect(await status('/one')).toBe(404);
      held.resolve();
      expect((await underWay).status).toBe(200);
      expect(await status('/two')).toBe(200);

      await writeFile(file, 'routes: [');
      process.emit('SIGHUP', 'SIGHUP');
      await vi.waitFor(() =>
        expect(own.log).toContainEqual(
          expect.objectContaining({ level: 'error', message: 'Routing table invalid, the old one stays' }),
        ),
      );
      expect(await status('/two')).toBe(200);

      await writeFile(file, table('three', '/three'));
      process.emit('SIGHUP', 'SIGHUP');
      await vi.waitFor(async () => expect(await status('/three')).toBe(200));
    } finally {
      await own.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('drops no request, however often it happens', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'routes-'));
    const file = join(folder, 'routes.yaml');
    await writeFile(file, table('v0', '/one'));
    const own = await startTestBed({ env: { ROUTES_FILE: file } });
    const statuses = new Set<number>();
    const reloads = () => own.log.filter(({ message }) => message === 'Routing table reloaded').length;
    let done = false;
    const client = async () => {
      while (!done) statuses.add((await fetch(`${own.url}/one`)).status);
    };
    try {
      const clients = [client(), client(), client()];
      for (let version = 1; version <= 5; version += 1) {
        await writeFile(`${file}.next`, table(`v${version}`, '/one'));
        await rename(`${file}.next`, file);
        process.emit('SIGHUP', 'SIGHUP');
        await vi.waitFor(() => expect(reloads()).toBe(version), { timeout: 10_000 });
      }
      done = true;
      await Promise.all(clients);
      expect([...statuses]).toEqual([200]);
    } finally {
      done = true;
      await own.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('does not help at the start: a gateway with a bad table reports it and exits', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'routes-'));
    const file = join(folder, 'routes.yaml');
    await writeFile(file, `${table('one', '/one')}${table('two', '/one').replace('routes:\n', '')}`);
    try {
      await expect(startTestBed({ env: { ROUTES_FILE: file } })).rejects.toThrow(
        /ROUTES_FILE: "one" and "two" match the same requests/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('check-routes', () => {
  const run = promisify(execFile);
  const check = (...args: string[]) => run(process.execPath, ['src/commands/check-routes.ts', ...args]);

  it('prints the table', async () => {
    const { stdout } = await check();
    expect(stdout).toMatch(/register +POST +\/v1\/auth\/register +public +auth-service/);
  });

  it('explains which route serves a request', async () => {
    const { stdout } = await check('--explain', 'GET /v1/events/42');
    expect(stdout).toMatch(/→ events\n/);
  });

  it('lists all problems and fails', async () => {
    await expect(check('--file', 'package.json')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('routes'),
    });
  });
});
