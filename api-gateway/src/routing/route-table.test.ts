import { describe, expect, test } from 'vitest';
import { forwardedPath, isInternal, type Route } from './route.ts';
import { createRouteTable } from './route-table.ts';

function route(name: string, match: string, more: Partial<Route> = {}): Route {
  const isPrefix = match.endsWith('*');
  return {
    name,
    kind: isPrefix ? 'prefix' : 'path',
    path: isPrefix ? match.slice(0, -2) || '/' : match,
    methods: undefined,
    host: undefined,
    priority: 0,
    targetEnv: 'A_SERVICE_URL',
    service: 'a-service',
    rewrite: undefined,
    access: 'public',
    timeoutMs: 1000,
    maxBodyBytes: 1000,
    ...more,
  };
}

const methods = (...names: string[]) => ({ methods: new Set(names) });

function served(routes: Route[], method: string, path: string, host = ''): string | undefined {
  return createRouteTable(routes).match(method, path, host)?.name;
}

describe('order', () => {
  test('an exact path comes before any prefix, wherever they stand', () => {
    const routes = [route('prefix', '/v1/events/*'), route('exact', '/v1/events/audit')];
    expect(served(routes, 'GET', '/v1/events/audit')).toBe('exact');
    expect(served(routes.toReversed(), 'GET', '/v1/events/audit')).toBe('exact');
  });

  test('the longest prefix wins, counted in segments', () => {
    const routes = [
      route('root', '/*'),
      route('long-word', '/averyveryverylongword/*'),
      route('deep', '/a/b/*'),
      route('shallow', '/a/*'),
    ];
    expect(served(routes, 'GET', '/a/b/c')).toBe('deep');
    expect(served(routes, 'GET', '/a/x')).toBe('shallow');
    expect(served(routes, 'GET', '/x')).toBe('root');
    expect(served(routes, 'GET', '/')).toBe('root');
  });

  test('a larger priority wins over everything else', () => {
    const routes = [route('exact', '/a/b'), route('loud', '/a/*', { priority: 1 })];
    expect(served(routes, 'GET', '/a/b')).toBe('loud');
    expect(served([route('exact', '/a/b'), route('low', '/a/*', { priority: -1 })], 'GET', '/a/b')).toBe(
      'exact',
    );
  });

  test('an entry with methods comes before one without', () => {
    const routes = [route('any', '/a'), route('post', '/a', methods('POST'))];
    expect(served(routes, 'POST', '/a')).toBe('post');
    expect(served(routes, 'GET', '/a')).toBe('any');
  });

  test('an entry for the host comes before one for every host', () => {
    const routes = [route('any', '/a'), route('ours', '/a', { host: 'example.org' })];
    expect(served(routes, 'GET', '/a', 'example.org')).toBe('ours');
    expect(served(routes, 'GET', '/a', 'example.com')).toBe('any');
  });

  test('what is equal otherwise goes by the order of the file', () => {
    const routes = [
      route('first', '/a', methods('GET', 'POST')),
      route('second', '/a', methods('POST', 'PUT')),
    ];
    expect(served(routes, 'POST', '/a')).toBe('first');
    expect(served(routes.toReversed(), 'POST', '/a')).toBe('second');
  });

  test('where an exact path does not take the method, a prefix may', () => {
    const routes = [route('post', '/a/b', methods('POST')), route('rest', '/a/*')];
    expect(served(routes, 'GET', '/a/b')).toBe('rest');
  });
});

describe('ambiguity', () => {
  test('two entries that match the same requests are refused with both names', () => {
    const twins = [
      route('one', '/a/*', methods('GET', 'POST')),
      route('two', '/a/*', methods('POST', 'GET')),
    ];
    expect(() => createRouteTable(twins)).toThrow(/"one" and "two"/);
  });

  test('another kind, method, host or priority tells them apart', () => {
    const routes = [
      route('exact', '/a'),
      route('prefix', '/a/*'),
      route('get', '/a', methods('GET')),
      route('host', '/a', { host: 'example.org' }),
      route('loud', '/a', { priority: 1 }),
    ];
    expect(() => createRouteTable(routes)).not.toThrow();
  });
});

describe('matching', () => {
  const routes = [route('v2', '/v2/*'), route('me', '/v1/me', methods('GET', 'HEAD', 'PATCH'))];

  test.each([
    ['/v2', 'v2'],
    ['/v2/', 'v2'],
    ['/v2/a/b', 'v2'],
    ['/v2x', undefined],
    ['/v2x/a', undefined],
    ['/V2', undefined],
    ['/v', undefined],
    ['/v1/me', 'me'],
    ['/v1/me/', 'me'],
    ['/v1/me/x', undefined],
    ['/v1', undefined],
    ['/', undefined],
  ])('%s is served by %s', (path, name) => {
    expect(served(routes, 'GET', path)).toBe(name);
  });

  test('methods that no entry ever takes: TRACE, CONNECT and made-up ones', () => {
    for (const method of ['TRACE', 'CONNECT', 'get', 'BREW'])
      expect(served(routes, method, '/v2')).toBeUndefined();
  });

  test('the methods of a known path are named, in order', () => {
    const table = createRouteTable(routes);
    expect(table.allowedMethods('/v1/me', '')).toEqual(['GET', 'HEAD', 'PATCH']);
    expect(table.allowedMethods('/v3', '')).toEqual([]);
  });

  test('/internal is never served, in any case and behind any entry', () => {
    const open = [route('all', '/*'), route('strip', '/x/*', { rewrite: '/' })];
    for (const path of [
      '/internal',
      '/internal/accounts/1/status',
      '/INTERNAL/a',
      '/x/internal/a',
      '/x/Internal',
    ]) {
      expect(served(open, 'GET', path)).toBeUndefined();
    }
    expect(served(open, 'GET', '/internals')).toBe('all');
    expect(isInternal('/internal/')).toBe(true);
  });

  test('costs the same for ten entries and for a thousand', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      route(`r${i}`, i % 2 ? `/v1/thing${i}` : `/v1/thing${i}/*`),
    );
    let compared = 0;
    const counting = many.map((each) =>
      Object.defineProperty(each, 'methods', {
        get() {
          compared += 1;
          return undefined;
        },
      }),
    );
    const table = createRouteTable(counting);
    compared = 0;
    expect(table.match('GET', '/v1/thing998/x', '')?.name).toBe('r998');
    expect(compared).toBeLessThanOrEqual(2);
  });
});

describe('rewriting', () => {
  test('an exact path is replaced whole', () => {
    expect(forwardedPath(route('r', '/register', { rewrite: '/v1/auth/register' }), '/register')).toBe(
      '/v1/auth/register',
    );
  });

  test('of a prefix the rest stays', () => {
    const alias = route('e', '/api/events/*', { rewrite: '/v1/events' });
    expect(forwardedPath(alias, '/api/events')).toBe('/v1/events');
    expect(forwardedPath(alias, '/api/events/42/claims')).toBe('/v1/events/42/claims');
  });

  test('to and from the root', () => {
    expect(forwardedPath(route('s', '/x/*', { rewrite: '/' }), '/x')).toBe('/');
    expect(forwardedPath(route('s', '/x/*', { rewrite: '/' }), '/x/a')).toBe('/a');
    expect(forwardedPath(route('s', '/*', { rewrite: '/x' }), '/')).toBe('/x');
    expect(forwardedPath(route('s', '/*', { rewrite: '/x' }), '/a')).toBe('/x/a');
  });
});
