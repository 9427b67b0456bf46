import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explainRequest, printRoutes } from './explain-routes.ts';
import { limitsEveryCaller } from './rate-limit-rules.ts';
import { forwardedPath, type Route } from './route.ts';
import { createRouteTable } from './route-table.ts';
import { parseRoutes, RoutesFileError } from './routes-file.ts';

const anything = () => undefined;

function problemsOf(text: string, problemOf: (route: Route) => string | undefined = anything) {
  try {
    parseRoutes(text, problemOf);
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

describe('a route', () => {
  it('has defaults', () => {
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
        rateLimits: [],
        stream: false,
      }),
    ]);
  });

  it('may set every field', () => {
    const text = entry(`    priority: -2
    rewrite: /two
    timeoutMs: 5
    maxBodyBytes: 0
    stream: true
    rateLimit:
      - { by: account, limit: 5, windowSeconds: 60 }
      - { by: address, limit: 50, windowSeconds: 1 }
`)
      .replace('/one }', '/one, host: game.example.org }')
      .replace('public', 'signed-in');
    expect(parseRoutes(text, anything)).toEqual([
      expect.objectContaining({
        host: 'game.example.org',
        priority: -2,
        rewrite: '/two',
        timeoutMs: 5,
        maxBodyBytes: 0,
        stream: true,
        rateLimits: [
          { by: 'account', limit: 5, windowSeconds: 60 },
          { by: 'address', limit: 50, windowSeconds: 1 },
        ],
      }),
    ]);
  });

  it('may have one rate limit without a list', () => {
    const text = entry('    rateLimit: { by: client, limit: 5, windowSeconds: 60 }\n').replace(
      'public',
      "{ scopes: ['a:b'] }",
    );
    expect(parseRoutes(text, anything)[0]?.rateLimits).toEqual([
      { by: 'client', limit: 5, windowSeconds: 60 },
    ]);
  });

  const publishing = entry('')
    .replace('/one }', '/one, methods: [POST] }')
    .replace('env: A_SERVICE_URL', 'publish: { exchange: laurel.a, routingKey: a.b, schema: laurel.a.b.v1 }')
    .replace('public', "{ scopes: ['a:b'] }");

  it('may publish instead of calling a service', () => {
    expect(parseRoutes(publishing, anything)).toMatchObject([
      { publish: { exchange: 'laurel.a', routingKey: 'a.b', schema: 'laurel.a.b.v1' } },
    ]);
  });

  it.each([
    ['everybody', "{ scopes: ['a:b'] }", 'public', /with a token only/],
    ['a whole prefix', 'path: /one', 'prefix: /one', /POST at one path/],
    ['another method', 'POST', 'PUT', /POST at one path/],
    ['any method', ', methods: [POST]', '', /POST at one path/],
    ['a contract in another folder', 'laurel.a.b.v1', '../secret', /target/],
    ['a rewrite', 'access:', 'rewrite: /two\n    access:', /no rewrite/],
  ])('that publishes for %s is refused', (_what, from, to, problem) => {
    expect(problemsOf(publishing.replace(from, to)).join('\n')).toMatch(problem);
  });

  it('with GET includes HEAD', () => {
    const [route] = parseRoutes(entry('').replace('/one }', '/one, methods: [GET] }'), anything);
    expect([...(route?.methods ?? [])]).toEqual(['GET', 'HEAD']);
  });

  it('may require a role or a scope', () => {
    const text = entry('').replace('public', '{ roles: [ADMIN], scopes: ["accounts:read"] }');
    expect(parseRoutes(text, anything)[0]?.access).toEqual({ roles: ['ADMIN'], scopes: ['accounts:read'] });
  });

  it.each([
    ['half a rate limit', '    rateLimit: { limit: 5 }', /rateLimit/],
    ['a rate of nothing', '    rateLimit: { by: account, limit: 0, windowSeconds: 1 }', /rateLimit/],
    [
      'two rates by the same',
      '    rateLimit: [{ by: account, limit: 1, windowSeconds: 1 }, { by: account, limit: 9, windowSeconds: 9 }]',
      /rateLimit: must name each "by" once/,
    ],
    [
      'a rate that nobody can reach',
      '    rateLimit: { by: account, limit: 1, windowSeconds: 1 }',
      /by account counts none of the callers/,
    ],
    ['half a stream', '    stream: maybe', /stream/],
    ['an unknown field', '    retries: 5', /"retries"/],
    ['a time-out of nothing', '    timeoutMs: 0', /timeoutMs/],
    ['a bad rewrite', '    rewrite: /../x', /rewrite: .*canonical/],
    ['a way to /internal', '    rewrite: /internal/accounts', /rewrite: .*\/internal/],
  ])('with %s is refused', (_what, more, problem) => {
    expect(problemsOf(entry(more)).join('\n')).toMatch(problem);
  });

  it.each([
    [
      'target of two kinds',
      'target: { env: A_SERVICE_URL }',
      'target: { env: A_URL, publish: { exchange: a, routingKey: b, schema: c } }',
      /target: must be/,
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
  it('lists all its problems at once, by the names of its routes', () => {
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
      (route) =>
        route.publish || route.targetEnv === 'A_SERVICE_URL' ? undefined : `${route.targetEnv} is not set`,
    );
    expect(problems).toEqual([
      expect.stringMatching(/^"one" match.path: must be a path/),
      expect.stringMatching(/^"one" access: must be "public"/),
      expect.stringMatching(/^entry 4 name/),
      expect.stringMatching(/^entry 4 match: must have either/),
      expect.stringMatching(/^entry 4 target/),
      expect.stringMatching(/^entry 4 access/),
      '"one": B_SERVICE_URL is not set',
      '"one" and "two" match the same requests',
    ]);
  });

  it('uses a name once', () => {
    const text = entry('') + entry('').replace('routes:\n', '').replace('/one }', '/two }');
    expect(problemsOf(text)).toEqual(['"one": the name is used more than once']);
  });

  it.each([
    ['routes: [', /line 1/],
    ['', /expected object/i],
    ['routes: []', /at least one entry/],
    ['- name: one', /expected object/i],
    ['routes:\n  - name: one\n    name: two', /unique/],
  ])('%j is not a routing table', (text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });
});

describe('a limit of the file', () => {
  const file = (rateLimit: string, limits = '{ doors: { by: address, limit: 100, windowSeconds: 10 } }') =>
    `limits: ${limits}
routes:
  - { name: one, match: { path: /one }, target: { env: A_SERVICE_URL }, access: public, rateLimit: ${rateLimit} }
  - { name: two, match: { path: /two }, target: { env: A_SERVICE_URL }, access: public, rateLimit: doors }
`;

  it('is shared by all routes that name it', () => {
    const [one, two] = parseRoutes(file('doors'), anything);
    expect(one).toMatchObject({
      limitName: 'doors',
      rateLimits: [{ by: 'address', limit: 100, windowSeconds: 10 }],
    });
    expect(two?.rateLimits).toBe(one?.rateLimits);
  });

  it("is separate from a route's own limit", () => {
    const [one] = parseRoutes(file('{ by: address, limit: 5, windowSeconds: 1 }'), anything);
    expect(one).toMatchObject({ limitName: 'one', rateLimits: [{ limit: 5 }] });
  });

  it('may count callers whom one of its routes does not allow', () => {
    const limits =
      '{ doors: [{ by: account, limit: 1, windowSeconds: 1 }, { by: address, limit: 1, windowSeconds: 1 }] }';
    expect(problemsOf(file('doors', limits))).toEqual([]);
  });

  it.each([
    ['a name that no limit has', file('door'), /"one".*"door" is not among the limits/],
    [
      'a limit that counts nobody',
      file('doors', '{ doors: { by: account, limit: 1, windowSeconds: 1 } }'),
      /"one".*by account counts none of the callers/,
    ],
    ['a limit of nothing', file('doors', '{ doors: { by: address } }'), /limits\.doors/],
    [
      'a limit without a name',
      file('doors', '{ "": { by: address, limit: 1, windowSeconds: 1 } }'),
      /limits/,
    ],
    [
      'an entry with limits of its own and the name of one of the file',
      file('{ by: address, limit: 5, windowSeconds: 1 }').replace('name: one', 'name: doors'),
      /"doors": has limits of its own/,
    ],
  ])('is refused for %s', (_what, text, problem) => {
    expect(problemsOf(text).join('\n')).toMatch(problem);
  });

  it('is multiplied by the scale, like every limit, and allows at least one request', () => {
    const limitsAt = (scale: number) =>
      parseRoutes(file('{ by: address, limit: 5, windowSeconds: 1 }'), anything, scale).map(
        ({ rateLimits }) => rateLimits[0]?.limit,
      );
    expect(limitsAt(2.5)).toEqual([13, 250]);
    expect(limitsAt(0.01)).toEqual([1, 1]);
    expect(limitsAt(0.0001)).toEqual([1, 1]);
    expect(limitsAt(1_000_000)).toEqual([100_000, 1_000_000]);
  });
});

describe('the shipped table', () => {
  const table = createRouteTable(parseRoutes(readFileSync('routes.yaml', 'utf8'), anything));

  it.each(table.routes.map((route) => [route.name, route] as const))(
    'holds everybody who passes %s to a rate limit',
    (_name, { access, rateLimits }) => {
      expect(limitsEveryCaller(access, rateLimits)).toBe(true);
    },
  );

  it('counts an older name of a path together with the path', () => {
    let aliases = 0;
    for (const alias of table.routes) {
      if (alias.publish || alias.rewrite === undefined) continue;
      aliases += 1;
      const [method = ''] = alias.methods ?? [];
      const asked = alias.kind === 'prefix' ? `${alias.path}/x` : alias.path;
      const plain = table.match(method, forwardedPath(alias, asked), '');
      expect([alias.name, alias.limitName]).toEqual([alias.name, plain?.limitName]);
    }
    expect(aliases).toBeGreaterThan(10);
  });

  it('explains the limits of a request', () => {
    expect(explainRequest(table, 'POST /register')).toContain('registrations: 100 in 10 s by address');
    expect(explainRequest(table, 'GET /v1/claims')).toContain(
      'reads: 200 in 20 s by account, 4000 in 20 s by client',
    );
    expect(printRoutes(table)).toContain('claims: 100 in 10 s by account');
  });

  it.each([
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

  it.each([
    ['GET /v1/auth/login', '405 method_not_allowed, Allow: POST'],
    ['PUT /v1/events/42', '405 method_not_allowed, Allow: DELETE, GET, HEAD, PATCH, POST'],
    ['GET /nothing', '404 no_route'],
    ['GET /internal/revocations', '404 no_route'],
    ['GET /v1/x/../me', '400 ambiguous_path: '],
    ['OPTIONS *', '404 no_route: OPTIONS * asks about the server'],
    ['GET *', '400 malformed_request: Only OPTIONS'],
    ['GET http://me:secret@game.example.org/v1/me', '400 malformed_request: The target has a user name'],
    ['GET /v1/me#part', '400 malformed_request: The target has a fragment'],
    ['GET /v1/me?a#part', '400 malformed_request: The target has a fragment'],
    ['GET v1/me', '400 malformed_request: The target is neither a path'],
  ])('answers %s with %s', (request, answer) => {
    expect(explainRequest(table, request)).toContain(`→ ${answer}`);
  });

  it('explains why a route precedes others that match', () => {
    expect(explainRequest(table, 'GET /v1/events/audit')).toContain(
      'why      before events by an exact path\n',
    );
    expect(explainRequest(table, 'GET /v1/events/42')).toContain('why      the only entry that matches\n');
  });

  it('publishes activity instead of calling a service', () => {
    const explained = explainRequest(table, 'POST /v1/activity/async');
    expect(explained).toContain('→ activity-async\n');
    expect(explained).toContain('publish  exchange laurel.activity, key activity.recorded');
  });

  it('is printed in the order in which routes are tried', () => {
    const names = printRoutes(table)
      .split('\n')
      .map((line) => line.split(/\s+/)[1]);
    expect(names.indexOf('events-audit')).toBeLessThan(names.indexOf('events'));
    expect(names).toHaveLength(table.routes.length + 1);
  });
});
