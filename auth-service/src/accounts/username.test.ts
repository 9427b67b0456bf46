import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldCase } from '../http/fold-case.ts';
import { Username } from './username.ts';

const accepts = (name: string): boolean => Username.safeParse(name).success;

describe('a username', () => {
  it.each([
    'min-jun',
    'a.b_c-1',
    'abc',
    'a'.repeat(32),
    '민준이',
    '金민준',
    'さくらサクラ桜',
    'スーパー',
    'Ольга',
    'สมชาย',
    'हिन्दी',
    'Zoë',
    '...',
  ])('may be %s', (name) => {
    expect(accepts(name)).toBe(true);
  });

  it.each([
    ['too short', 'ab'],
    ['too long', 'a'.repeat(33)],
    ['with an at sign', 'me@home'],
    ['with a space', 'min jun'],
    ['with an emoji', 'cat🐈cat'],
    ['with a null byte', 'min\0jun'],
    ['with a line break', 'minjun\n'],
    ['of two scripts', 'pаypal'],
    ['with piled-up accents', 'q\u0303\u0303\u0303a'],
    ['with a character that shows nothing', 'min\u200Djun'],
    ['with a Hangul filler', 'abㅤc'],
    ['with a lone surrogate', 'min\uD800jun'],
    ['with digits of another script', 'min٣jun'],
    ['that is an operator of a query language', '{"$ne":""}'],
  ])('cannot be one %s', (_, name) => {
    expect(accepts(name)).toBe(false);
  });

  it('is kept in its NFKC form', () => {
    expect(Username.parse('ｍｉｎ１')).toBe('min1');
    expect(Username.parse('Zoe\u0308')).toBe('Zo\u00EB');
  });

  it('counts characters, not code units', () => {
    expect(accepts('𠮷𠮷𠮷')).toBe(true);
    expect(accepts('𠮷𠮷')).toBe(false);
  });
});

describe('the key of a username', () => {
  it.each([
    ['MIN-jun', 'min-JUN'],
    ['straße', 'STRASSE'],
    ['ΣΊΣΥΦΟΣ', 'Σίσυφος'],
    ['İstanbul', 'i̇stanbul'],
  ])('is the same for %s and %s', (one, other) => {
    expect(foldCase(one)).toBe(foldCase(other));
  });

  it('is the same for every spelling in another case, and its own key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const key = foldCase(name);
        expect(foldCase(name.toUpperCase())).toBe(key);
        expect(foldCase(name.toLowerCase())).toBe(key);
        expect(foldCase(key)).toBe(key);
      }),
    );
  });

  it('is its own key over single letters of every script', () => {
    const letters = Array.from({ length: 0x3_0000 }, (_, point) => String.fromCodePoint(point)).filter(
      (letter) => /\p{L}/u.test(letter),
    );
    const ambiguous = letters.filter(
      (letter) =>
        new Set([letter, foldCase(letter), letter.toUpperCase(), letter.toLowerCase()].map(foldCase)).size >
        1,
    );
    expect(ambiguous).toEqual([]);
  });
});
