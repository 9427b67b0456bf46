import { expect, it } from 'vitest';
import { referencesIn, resolves } from './contracts.ts';

it('references are found at any depth', () => {
  expect(
    referencesIn({ a: [{ $ref: '#/x' }], b: { c: { $ref: './y.json' } }, d: { $ref: { type: 'string' } } }),
  ).toEqual(['#/x', './y.json']);
});

it('a pointer is followed with its escapes', () => {
  const document = { paths: { '/v1/me': { 'a~b': 1 } } };
  expect(resolves(document, '/paths/~1v1~1me/a~0b')).toBe(true);
  expect(resolves(document, '/paths/nowhere')).toBe(false);
  expect(resolves(document, '')).toBe(true);
});
