import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { explainRequest, printRoutes } from './explain-routes.ts';
import { createRouteTable } from './route-table.ts';
import { parseRoutes, RoutesFileError } from './routes-file.ts';

const anything = () => undefined;

function problemsOf(text: string, requires: (route: { targetEnv: string }) => string | undefined = anything) {
  try {
    parseRoutes(text, requires);
    return [];
  } catch (error) {
    if (error instanceof RoutesFileError) return error.problems;
    throw error;
  }
}

const entry = (more: string) => `routes:
  - name: one
    match: { path: /one }
    target: { env: A_SERVICE_URL }
    access: public
${more}`;

describe('an entry', () => {
  test('has defaults', () => {
    expect(parseRoutes(entry(''), anything)).toEqual([
      expect.objectContaining({
        name: 'one',
        kind: 'path',
        path: '/one',
        methods: undefined,
        priority: 0,
        service: 'a-service',
        timeoutMs: 10_000,
        maxBodyBytes: 1_048_576,
      }),
    ]);
  });

  test('that takes GET takes HEAD as well', () => {
    const [route] = parseRoutes(entry('').replace('/one }', '/one, methods: [GET] }'), anything);
    expect([...(route?.methods ?? [])]).toEqual(['GET', 'HEAD']);
  });

  test('may want a role or a scope', () => {
    const text = entry('').replace('public', '{ roles: [ADMIN], scopes: ["accounts:read"] }');
    expect(parseRoutes(text, anything)[0]?.access).toEqual({ roles: ['ADMIN'], scopes: ['accounts:read'] });
  });

  test.each([
    ['a limit by rate', '    rateLimit: { limit: 5 }', /rateLimit: rate limits .* not available/],
    ['a stream', '    stream: true', /stream: stream routes .* not available/],
    ['an unknown field', '    retries: 5', /"retries"/],
    ['a time-out of nothing', '    timeoutMs: 0', /timeoutMs/],
    ['a bad rewrite', '    rewrite: /../x', /rewrite: .*canonical/],
    ['a way to /internal', '    rewrite: /internal/accounts', /rewrite: .*\/internal/],
  ])('with %s is refused', (_what, more, problem) => {
    expect(problemsOf(entry(more)).join('\n')).toMatch(problem);
  });

  test.each([
    [
      'publish target',
      'target: { env: A_SERVICE_URL }',
      'target: { env: A_URL, publish: {} }',
      /publish targets/,
    ],
    ['variable of another kind', 'A_SERVICE_URL', 'PATH', /_URL/],
    ['unknown role', 'access: public', 'access: { roles: [KING] }', /USER \| OPERATOR/],
    ['no access', '    access: public\n', '', /access/],
    ['nobody', 'access: public', 'access: {}', /at least one/],
    ['path and prefix', '{ path: /one }', '{ path: /one, prefix: /one }', /either path or prefix/],
    ['neither path nor prefix', '{ path: /one }', '{ methods: [GET] }', /either path or prefix/],
    ['a slash at the end', '{ path: /one }', '{ prefix: /one/ }', /must not end/],
    ['an escaped letter', '{ path: /one }', '{ path: /%6fne }', /canonical/],
    ['a parameter', '{ path: /one }', '{ path: "/one/{id}" }', /canonical/],
    ['a path of our own', '{ path: /one }', '{ path: /docs/x }', /gateway itself/],
    ['/internal', '{ path: /one }', '{ prefix: /Internal/x }', /\/internal/],
    ['a method in lower case', '{ path: /one }', '{ path: /one, methods: [get] }', /GET, HEAD/],
    ['TRACE', '{ path: /one }', '{ path: /one, methods: [TRACE] }', /GET, HEAD/],
    ['a host with a port', '{ path: /one }', '{ path: /one, host: "a:80" }', /host/],
  ])('with %s is refused', (_what, from, to, problem) => {
    expect(problemsOf(entry('').replace(from, to)).join('\n')).toMatch(problem);
  });
});

describe('a file', () => {
  test('says all that is wrong with it at once, by the names of its entries', () => {
    const problems = problemsOf(
      `routes:
  - name: one
    match: { path: /one }
    target: { env: B_SERVICE_URL }
    access: public
  - name: one
    match: { path: one }
    target: { env: A_SERVICE_URL }
    access: everybody
  - name: two
    match: { path: /one }
    target: { env: A_SERVICE_URL }
    access: signed-in
  - match: {}
`,
      ({ targetEnv }) => (targetEnv === 'A_SERVICE_URL' ? undefined : `${targetEnv} is not set`),
    );
    expect(problems).toEqual([
      expect.stringMatching(/^"one" match.path: must be a path/),
      expect.stringMatching(/^"one" access: must be "public"/),
      expect.stringMatching(/^entry 4 name/),
      expect.stringMatching(/^entry 4 match: must have either/),
      expect.stringMatching(/^entry 4 target/),
      expect.stringMatching(/^entry 4 access/),
      '"one": B_SERVICE_URL is not set',
      '"one" and "two" match the same requests and could not be told apart',
    ]);
  });

  test('names an entry once', () => {
    const text = entry('') + entry('').replace('routes:\n', '').replace('/one }', '/two }');
    expect(problemsOf(text)).toEqual(['"one": the name is used more than once']);
  });

  test.each([
    ['routes: [', /line 1/],
    ['', /expected object/i],
    ['routes: []', /at least one entry/],
    ['- name: one', /expected object/i],
    ['routes:\n  - name: one\n    name: two', /unique/],
  ])('%j is no routing table', (text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });
});

describe('the table that is shipped', () => {
  const table = createRouteTable(parseRoutes(readFileSync('routes.yaml', 'utf8'), anything));

  test.each([
    ['POST /register', 'alias-register', 'POST /v1/auth/register to auth-service'],
    ['POST /api/auth/login', 'alias-auth-login', 'POST /v1/auth/login to auth-service'],
    ['POST /api/events/42/claims', 'alias-events-act', 'POST /v1/events/42/claims to game-event-service'],
    ['GET /v1/events/42', 'events', 'GET /v1/events/42 to game-event-service'],
    ['GET /v1/events/audit?from=x', 'events-audit', 'GET /v1/events/audit?from=x to game-event-service'],
    ['GET /v1/me/events', 'me-events', 'GET /v1/me/events to game-event-service'],
    ['GET /v1/me/sessions/', 'me-sessions', 'GET /v1/me/sessions to auth-service'],
    ['DELETE /v1/accounts/a/sessions', 'accounts-change', 'DELETE /v1/accounts/a/sessions to auth-service'],
    ['POST /oauth/token', 'oauth-token', 'POST /oauth/token to auth-service'],
  ])('serves %s by %s', (request, name, forward) => {
    const explained = explainRequest(table, request);
    expect(explained).toContain(`→ ${name}\n`);
    expect(explained).toContain(forward);
  });

  test.each([
    ['GET /v1/auth/login', '405 method_not_allowed, Allow: POST'],
    ['PUT /v1/events/42', '405 method_not_allowed, Allow: DELETE, GET, HEAD, PATCH, POST'],
    ['GET /nothing', '404 no_route'],
    ['GET /internal/revocations', '404 no_route'],
    ['POST /v1/activity/async', '404 no_route'],
    ['GET /v1/x/../me', '400 ambiguous_path'],
  ])('answers %s with %s', (request, answer) => {
    expect(explainRequest(table, request)).toContain(`→ ${answer}`);
  });

  test('prints in the order in which it is asked', () => {
    const names = printRoutes(table)
      .split('\n')
      .map((line) => line.split(/\s+/)[1]);
    expect(names.indexOf('events-audit')).toBeLessThan(names.indexOf('events'));
    expect(names).toHaveLength(table.routes.length + 1);
  });
});
