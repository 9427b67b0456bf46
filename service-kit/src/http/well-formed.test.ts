import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isUtf8Escaped, jsonText, mayBeIllFormed, pathOfIllFormed } from './well-formed.ts';

const HALF = '\uD800';
/** Any UTF-16, with lone surrogates and texts that look like escapes. */
const text = fc.string({ unit: fc.constantFrom('a', '\\', 'ud800', '\uD83D', '\uDE00', '😀', '"', '\n') });
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    text,
    fc.integer(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(text, tie('any'), { maxKeys: 3 }),
  ),
})).any;

it.each([
  [{ a: { b: ['x', HALF] } }, 'a.b.1'],
  [{ a: { [`k${HALF}`]: 1 } }, 'a.k\uFFFD'],
  [{ a: '😀', '😀': 'é' }, undefined],
  [HALF, ''],
])('half a surrogate pair is found at any place', (given, path) => {
  expect(pathOfIllFormed(given)).toBe(path);
});

it('JSON that could contain one is always checked', () => {
  fc.assert(
    fc.property(value, (any) => {
      expect(pathOfIllFormed(any) === undefined || mayBeIllFormed(JSON.stringify(any))).toBe(true);
    }),
  );
});

it('output is well formed, and otherwise unchanged', () => {
  fc.assert(
    fc.property(value, (any) => {
      const back: unknown = JSON.parse(jsonText(any));
      expect(pathOfIllFormed(back)).toBeUndefined();
      const isSame = JSON.stringify(back) === JSON.stringify(any);
      expect(isSame).toBe(pathOfIllFormed(any) === undefined);
    }),
  );
  expect(jsonText({ a: `x${HALF}`, b: '\\ud800' })).toBe(String.raw`{"a":"x\ufffd","b":"\\ud800"}`);
});

it.each(['a=b', '%', '100%', '%zz', '%%41', '%C3%A9', '%F0%9F%98%80', '%EF%BF%BD'])(
  '%s is UTF-8',
  (query) => {
    expect(isUtf8Escaped(query)).toBe(true);
  },
);

it.each(['%ff', '%C3', '%C3a', '%ED%A0%80', '%C0%AE', '%F5%80%80%80', 'a=%&b=%E9'])('%s is not', (query) => {
  expect(isUtf8Escaped(query)).toBe(false);
});
