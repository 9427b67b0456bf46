import { describe, expect, it } from 'vitest';
import { pathProblem } from './request-path.ts';

describe('pathProblem', () => {
  it.each([
    '/',
    '/v1/events/evt_1/claims?a=//&b=../;c',
    '/.well-known/jwks.json',
    '/v1/accounts/a.b..c',
    '/caf%C3%A9/a%20b',
    '/v1/x...',
  ])('accepts %s', (target) => {
    expect(pathProblem(target)).toBeUndefined();
  });

  it.each([
    ['a dot segment', '/v1/../admin'],
    ['a dot segment at the end', '/v1/..'],
    ['a single dot', '/v1/./x'],
    ['an encoded dot segment', '/v1/%2e%2E/admin'],
    ['a half encoded dot segment', '/v1/.%2e/admin'],
    ['a dot segment with a parameter', '/v1/..;/admin'],
    ['a semicolon', '/v1/x;y'],
    ['an encoded slash', '/v1/a%2Fb'],
    ['an encoded backslash', '/v1/a%5cb'],
    ['a backslash', '/v1\\admin'],
    ['an encoded NUL', '/v1/a%00'],
    ['an empty segment', '/v1//x'],
    ['a network path', '//host/x'],
    ['an absolute URL', 'http://host/x'],
    ['no path', '*'],
    ['half an escape', '/v1/a%2'],
    ['an escape of no letter', '/v1/%zz'],
    ['bytes that are not UTF-8', '/v1/%ff'],
    ['a letter that is not encoded', '/caf\u00e9'],
  ])('refuses %s', (_name, target) => {
    expect(pathProblem(target)).toBeTypeOf('string');
  });

  it.each([
    ['*', /server as a whole/],
    ['http://user:secret@host/x', /user name/],
    ['/v1/me#part', /fragment/],
    ['/v1/me?a#part', /fragment/],
  ])('explains %s in particular', (target, sentence) => {
    expect(pathProblem(target)).toMatch(sentence);
  });
});
