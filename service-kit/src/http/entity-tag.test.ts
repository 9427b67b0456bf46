import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentTag, matchesStrongly, matchesWeakly, parseEntityTags, versionTag } from './entity-tag.ts';

const opaque = fc.string({
  unit: fc.constantFrom('a', '1', ',', ' ', '\\', 'ÿ', '/').filter((unit) => unit !== ' '),
});
const tag = fc.tuple(fc.constantFrom('', 'W/'), opaque).map(([weak, text]) => `${weak}"${text}"`);

describe('a list of entity tags', () => {
  it('may have commas in tags, empty elements and white space', () => {
    const gap = fc.constantFrom(',', ', ', ' ,\t', ',,', ' , , ');
    fc.assert(
      fc.property(fc.array(tag, { minLength: 1, maxLength: 9 }), gap, (tags, between) => {
        expect(parseEntityTags(tags.join(between))).toEqual(tags);
      }),
    );
  });

  it.each([
    ['*', '*'],
    ['', []],
    [',', []],
    ['"1",', ['"1"']],
  ])('may be %j', (text, tags) => {
    expect(parseEntityTags(text)).toEqual(tags);
  });

  it.each([
    '3',
    '"3',
    '3"',
    'w/"3"',
    'W/ "3"',
    '"1" "2"',
    '"1"; "2"',
    '*, "1"',
    '"a b"',
    '"a\u0000"',
    '"\u0100"',
  ])('is never %j', (text) => {
    expect(parseEntityTags(text)).toBeUndefined();
  });

  it('is parsed in linear time, and has a limited length', () => {
    expect(parseEntityTags(`${'"a",'.repeat(1_023)}"a"`)).toHaveLength(1_024);
    expect(parseEntityTags(`"${'a'.repeat(4_096)}"`)).toBeUndefined();
    const began = performance.now();
    for (const unit of [' ', '\t ', ', ', '"', 'W/']) parseEntityTags(unit.repeat(2_048).slice(0, 4_095));
    expect(performance.now() - began).toBeLessThan(100);
  });
});

// The examples of RFC 9110, 8.8.3.2.
it.each([
  ['W/"1"', 'W/"1"', false, true],
  ['W/"1"', 'W/"2"', false, false],
  ['W/"1"', '"1"', false, true],
  ['"1"', '"1"', true, true],
])('%s and %s are compared as in RFC 9110', (one, other, strongly, weakly) => {
  for (const [a, b] of [
    [one, other],
    [other, one],
  ] as const) {
    expect(matchesStrongly([a], b)).toBe(strongly);
    expect(matchesWeakly([a], b)).toBe(weakly);
  }
});

it('what matches strongly matches weakly, and a star matches all', () => {
  fc.assert(
    fc.property(fc.array(tag), tag, (tags, each) => {
      expect(!matchesStrongly(tags, each) || matchesWeakly(tags, each)).toBe(true);
      expect([matchesStrongly('*', each), matchesWeakly('*', each)]).toEqual([true, true]);
    }),
  );
});

it('a tag that the kit makes is one strong tag', () => {
  for (const made of [versionTag(3), contentTag({ a: 1 }), contentTag('text')]) {
    expect(parseEntityTags(made)).toEqual([made]);
    expect(matchesStrongly([made], made)).toBe(true);
  }
  expect(contentTag({ a: 1 })).not.toBe(contentTag({ a: 2 }));
});
