import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalTarget } from './canonical-target.ts';

describe('a path that servers could read differently is refused', () => {
  it.each([
    '/v1/../admin',
    '/v1/..',
    '/v1/./me',
    '/.',
    '/v1/%2e%2e/admin',
    '/v1/%2E./admin',
    '/v1/.%2e',
    '/v1/%2e',
    '/v1/..%2fadmin',
    '/v1/a%2Fb',
    '/v1/a%5cb',
    '/v1/a%5Cb',
    '/v1/a\\b',
    '/v1/a%00b',
    '/v1/a%0d%0ab',
    '/v1/a%7f',
    '/v1/..;/admin',
    '/v1/me;x=1',
    '//v1/me',
    '/v1//me',
    '/v1/me//',
    '/v1/me#part',
    '/v1/%zz',
    '/v1/%4',
    '/v1/%',
    '/v1/%c0%ae%c0%ae/admin',
    '/v1/%ff',
    '/v1/\u00e9',
    '*',
    'v1/me',
    'example.org:443',
    'ftp://example.org/v1/me',
    'http://user@example.org/v1/me',
    'http:///v1/me',
    'http://example.org/v1/../admin',
    '',
  ])('%s', (url) => {
    expect(canonicalTarget(url)).toBeUndefined();
  });
});

describe('there is one canonical form', () => {
  it.each([
    ['/', '/'],
    ['/v1/me', '/v1/me'],
    ['/V1/Me', '/V1/Me'],
    ['/v1/events/', '/v1/events/'],
    ['/v1/%65vents', '/v1/events'],
    ['/v1/a%7eb', '/v1/a~b'],
    ['/v1/%3a', '/v1/%3A'],
    ['/v1/%e2%82%ac', '/v1/%E2%82%AC'],
    ['/v1/%2525', '/v1/%2525'],
    ['/v1/a|b', '/v1/a%7Cb'],
    ['/v1/a"b', '/v1/a%22b'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/v1/...', '/v1/...'],
    ['/v1/a..b', '/v1/a..b'],
    ["/v1/!$&'()*+,=:@", "/v1/!$&'()*+,=:@"],
  ])('of %s it is %s', (url, path) => {
    expect(canonicalTarget(url)).toEqual({ path, query: '', authority: undefined });
  });

  it('a canonical target stays unchanged', () => {
    for (const url of ['/v1/%65vents/a|b', '/v1/%e2%82%ac', '/v1/%2525']) {
      const path = canonicalTarget(url)?.path ?? '';
      expect(canonicalTarget(path)?.path).toBe(path);
    }
  });

  it('the query passes unchanged, with dots and slashes', () => {
    expect(canonicalTarget('/v1/me?next=/../a//b;c=%2f')).toMatchObject({ query: '?next=/../a//b;c=%2f' });
    expect(canonicalTarget('/v1/me?')).toMatchObject({ path: '/v1/me', query: '?' });
  });

  it('bytes beyond ASCII in the query are escaped', () => {
    expect(canonicalTarget('/v1/me?q=\u00c3\u00a9')).toMatchObject({ query: '?q=%C3%A9' });
  });

  it('a fragment or a space in the query is refused', () => {
    expect(canonicalTarget('/v1/me?a#b')).toBeUndefined();
    expect(canonicalTarget('/v1/me?a b')).toBeUndefined();
  });

  it('an absolute target gives the path, and its authority gives the host', () => {
    expect(canonicalTarget('http://Example.org:80/v1/me?x=1')).toEqual({
      path: '/v1/me',
      query: '?x=1',
      authority: 'Example.org:80',
    });
    expect(canonicalTarget('HTTP://[::1]:3000')).toMatchObject({ path: '/', authority: '[::1]:3000' });
    expect(canonicalTarget('https://example.org?x=1')).toMatchObject({ path: '/', query: '?x=1' });
  });
});

it('a path in the routing table has no query', () => {
  expect(canonicalPath('/v1/me')).toBe('/v1/me');
  expect(canonicalPath('/v1/me?x')).toBeUndefined();
  expect(canonicalPath('/v1/me?')).toBeUndefined();
  expect(canonicalPath('http://example.org/')).toBeUndefined();
});
