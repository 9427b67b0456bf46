import { describe, expect, it, vi } from 'vitest';
import { forwardedPath, isInternal, type Route, type ServiceRoute } from './route.ts';
import { createRouteTable } from './route-table.ts';

function route(name: string, match: string, more: Partial<ServiceRoute> = {}): ServiceRoute {
  const isPrefix = match.endsWith('*');
  return {
    name,
    kind: isPrefix ? 'prefix' : 'path',
    path: isPrefix ? match.slice(0, -2) || '/' : match,
    methods: undefined,
    host: undefined,
    priority: 0,
    publish: undefined,
    targetEnv: 'A_SERVICE_URL',
    service: 'a-service',
    rewrite: undefined,
    access: 'public',
    timeoutMs: 1000,
    maxBodyBytes: 1000,
    rateLimits: [],
    limitName: name,
    stream: false,
    ...more,
  };
}

const methods = (...names: string[]) => ({ methods: new Set(names) });

function served(routes: Route[], method: string, path: string, host = ''): string | undefined {
  return createRouteTable(routes).match(method, path, host)?.name;
}

describe('order', () => {
  it('an exact path precedes any prefix, at any position', () => {
    const routes = [route('prefix', '/v1/events/*'), route('exact', '/v1/events/audit')];
    expect(served(routes, 'GET', '/v1/events/audit')).toBe('exact');
    expect(served(routes.toReversed(), 'GET', '/v1/events/audit')).toBe('exact');
  });

  it('the longest prefix wins, counted in segments', () => {
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

  it('a larger priority precedes everything else', () => {
    const routes = [route('exact', '/a/b'), route('loud', '/a/*', { priority: 1 })];
    expect(served(routes, 'GET', '/a/b')).toBe('loud');
    expect(served([route('exact', '/a/b'), route('low', '/a/*', { priority: -1 })], 'GET', '/a/b')).toBe(
      'exact',
    );
  });

  it('a route with methods precedes one without', () => {
    const routes = [route('any', '/a'), route('post', '/a', methods('POST'))];
    expect(served(routes, 'POST', '/a')).toBe('post');
    expect(served(routes, 'GET', '/a')).toBe('any');
  });

  it('a route for the host precedes one for every host', () => {
    const routes = [route('any', '/a'), route('ours', '/a', { host: 'example.org' })];
    expect(served(routes, 'GET', '/a', 'example.org')).toBe('ours');
    expect(served(routes, 'GET', '/a', 'example.com')).toBe('any');
  });

  it('otherwise the order of the file decides', () => {
    const routes = [
      route('first', '/a', methods('GET', 'POST')),
      route('second', '/a', methods('POST', 'PUT')),
    ];
    expect(served(routes, 'POST', '/a')).toBe('first');
    expect(served(routes.toReversed(), 'POST', '/a')).toBe('second');
  });

  it('a prefix may take a method that the exact path does not', () => {
    const routes = [route('post', '/a/b', methods('POST')), route('rest', '/a/*')];
    expect(served(routes, 'GET', '/a/b')).toBe('rest');
  });
});

describe('ambiguity', () => {
  it('two routes that match the same requests are refused with both names', () => {
    const twins = [
      route('one', '/a/*', methods('GET', 'POST')),
      route('two', '/a/*', methods('POST', 'GET')),
    ];
    expect(() => createRouteTable(twins)).toThrow(/"one" and "two"/);
  });

  it('another kind, method, host or priority makes them different', () => {
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

  it.each([
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

  it('TRACE, CONNECT and invented methods match no route', () => {
    for (const method of ['TRACE', 'CONNECT', 'get', 'BREW'])
      expect(served(routes, method, '/v2')).toBeUndefined();
  });

  it('the methods of a known path are listed in order', () => {
    const table = createRouteTable(routes);
    expect(table.allowedMethods('/v1/me', '')).toEqual(['GET', 'HEAD', 'PATCH']);
    expect(table.allowedMethods('/v3', '')).toEqual([]);
  });

  it('/internal is never served, in any case and by any route', () => {
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

  it('and neither by a publish route', () => {
    const {
      targetEnv: _env,
      service: _service,
      rewrite: _rewrite,
      stream: _stream,
      ...common
    } = route('p', '/p');
    const publish = { exchange: 'e', routingKey: 'k', schema: 's' };
    expect(served([{ ...common, publish }], 'POST', '/p')).toBe('p');
    expect(served([{ ...common, path: '/internal/p', publish }], 'POST', '/internal/p')).toBeUndefined();
  });
});

describe('a look-up takes the same number of steps', () => {
  let steps = 0;
  class CountingMap<Key, Value> extends Map<Key, Value> {
    override get(key: Key): Value | undefined {
      steps += 1;
      return super.get(key);
    }
  }
  const counting = (each: ServiceRoute): ServiceRoute =>
    new Proxy(each, {
      get(target, key) {
        steps += 1;
        return Reflect.get(target, key) as unknown;
      },
    });

  /** Counts look-ups in maps and reads of routes: all the work that could grow with the table. */
  function stepsFor(routes: ServiceRoute[], path: string, name: string | undefined, host = ''): number {
    vi.stubGlobal('Map', CountingMap);
    try {
      const table = createRouteTable(routes.map(counting));
      steps = 0;
      const found = table.match('GET', path, host);
      const counted = steps;
      expect(found?.name).toBe(name);
      return counted;
    } finally {
      vi.unstubAllGlobals();
    }
  }

  const spread = (count: number) =>
    Array.from({ length: count }, (_, i) => route(`r${i}`, i % 2 ? `/v1/thing${i}` : `/v1/thing${i}/*`));
  const hosts = (count: number) =>
    Array.from({ length: count }, (_, i) => route(`h${i}`, '/v1/*', { host: `h${i}.example.org` }));

  it('among a thousand routes as among ten', () => {
    for (const [path, name] of [
      ['/v1/thing8/x', 'r8'],
      ['/v1/thing9', 'r9'],
      ['/v1/nothing/x', undefined],
    ] as const) {
      expect(stepsFor(spread(1000), path, name)).toBe(stepsFor(spread(10), path, name));
    }
  });

  it('if a thousand share a path and differ by host', () => {
    const last = stepsFor(hosts(1000), '/v1/x', 'h999', 'h999.example.org');
    expect(last).toBe(stepsFor(hosts(10), '/v1/x', 'h9', 'h9.example.org'));
  });
});

describe('rewriting', () => {
  it('an exact path is replaced as a whole', () => {
    expect(forwardedPath(route('r', '/register', { rewrite: '/v1/auth/register' }), '/register')).toBe(
      '/v1/auth/register',
    );
  });

  it('the rest of the path after a prefix stays', () => {
    const alias = route('e', '/api/events/*', { rewrite: '/v1/events' });
    expect(forwardedPath(alias, '/api/events')).toBe('/v1/events');
    expect(forwardedPath(alias, '/api/events/42/claims')).toBe('/v1/events/42/claims');
  });

  it('to and from the root', () => {
    expect(forwardedPath(route('s', '/x/*', { rewrite: '/' }), '/x')).toBe('/');
    expect(forwardedPath(route('s', '/x/*', { rewrite: '/' }), '/x/a')).toBe('/a');
    expect(forwardedPath(route('s', '/*', { rewrite: '/x' }), '/')).toBe('/x');
    expect(forwardedPath(route('s', '/*', { rewrite: '/x' }), '/a')).toBe('/x/a');
  });
});
