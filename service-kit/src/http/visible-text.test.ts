import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { visibleText, visibleTextProblem } from './visible-text.ts';

const INVISIBLE = 'must not have invisible characters';
const ONE_LINE = 'must be one line of printable characters';

describe('a text that people read may be', () => {
  it.each([
    ['a name', 'Min-jun O’Neill 3rd'],
    ['Korean', '민준'],
    ['Persian with a non-joiner', 'می\u200Cشود دختر\u200Cها'],
    ['Arabic with vowels', 'مُحَمَّدٌ'],
    ['Hebrew with points', 'שָׁלוֹם'],
    ['Hindi with a joiner after the virama', 'क्\u200Dष'],
    ['Sinhala', 'ශ්\u200Dරී'],
    ['Bengali with a joiner before the virama', 'র\u200D্যাব'],
    ['Malayalam with a joiner at its end', 'അവന്\u200D'],
    ['Burmese with five marks on a letter, which stand beside each other', 'မျှော်လင့်'],
    ['Tibetan', 'བསྒྲུབས'],
    ['Thai', 'ที่นี่'],
    ['Vietnamese, decomposed', 'Việt'.normalize('NFD')],
    ['Japanese with a variant', '葛\u{E0100}城'],
    ['Mongolian with a variant', 'ᠨ\u180Bᠠ'],
    ['an emoji', '🏆'],
    ['an emoji with a variation selector', '❤\uFE0F'],
    ['a keycap', '1\uFE0F\u20E3'],
    ['a family', '👩\u200D👩\u200D👧'],
    ['an emoji of a skin tone', '👩🏽\u200D🚀'],
    ['a joined emoji without its variation selector', '👁\u200D🗨'],
    ['a flag', '🇰🇷🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}🏳\uFE0F\u200D🌈'],
    ['four marks on a letter', 'q\u0301\u0302\u0303\u0304b'],
    ['punctuation', '?'],
  ])('%s', (_, text) => {
    expect(visibleTextProblem(text)).toBeUndefined();
  });
});

describe('a text that people read is refused', () => {
  it.each([
    ['a Hangul filler', '\u3164', INVISIBLE],
    ['a Hangul filler beside letters', 'a\u3164b', INVISIBLE],
    ['a halfwidth filler', '\uFFA0', INVISIBLE],
    ['a joiner', '\u200D', ONE_LINE],
    ['a joiner between Latin letters', 'ad\u200Dmin', ONE_LINE],
    ['two joiners in Persian', 'می\u200C\u200Cشود', INVISIBLE],
    ['a joiner at the end of an emoji', '👩\u200D', ONE_LINE],
    ['a zero-width space', 'a\u200Bb', ONE_LINE],
    ['a soft hyphen', 'a\u00ADb', ONE_LINE],
    ['a byte order mark', 'a\uFEFFb', ONE_LINE],
    ['a blank of braille', '\u2800', INVISIBLE],
    ['a variation selector', '\uFE0F', INVISIBLE],
    ['a variation selector after a letter', 'a\uFE0F', INVISIBLE],
    ['two variation selectors after an emoji', '❤\uFE0F\uFE0F', INVISIBLE],
    ['a grapheme joiner', 'a\u034Fb', INVISIBLE],
    ['tags without a flag', 'a\u{E0061}', ONE_LINE],
    ['a change of direction', 'a\u202Eb', ONE_LINE],
    ['an isolate', '\u2066a\u2069', ONE_LINE],
    ['a mark of direction', 'a\u200F', ONE_LINE],
    ['a control character', 'a\u0007', ONE_LINE],
    ['a second line', 'a\nb', ONE_LINE],
    ['a separator of lines', 'a\u2028b', ONE_LINE],
    ['a character for private use', '\uE000', ONE_LINE],
    ['spaces and nothing else', '\u00A0\u2003', 'must have a visible character'],
    ['marks and nothing else', '\u0301', 'must have a visible character'],
    ['a mark at the beginning', '\u0301a', 'must not begin with a combining mark'],
    [
      'five marks on a letter',
      'q\u0301\u0302\u0303\u0304\u0305',
      'must have at most 4 combining marks on a character',
    ],
    ['half a surrogate pair', 'a\uD83D', 'must be well-formed Unicode, without half a surrogate pair'],
  ])('for %s', (_, text, problem) => {
    expect(visibleTextProblem(text)).toBe(problem);
  });
});

it('line breaks and tabs are allowed in multiline texts only', () => {
  const text = 'Day 1:\n\tgold\r\nDay 2: مرحبا';
  expect(visibleTextProblem(text, { multiline: true })).toBeUndefined();
  expect(visibleTextProblem(`${text}\u202E`, { multiline: true })).toBe(
    'must have printable characters only',
  );
  expect(visibleTextProblem('\n\u3164', { multiline: true })).toBe(INVISIBLE);
  expect(visibleTextProblem('\n\t\n', { multiline: true })).toBe('must have a visible character');
});

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'é',
      '\u0301',
      '\u0958',
      '\u05E9',
      '\uFB2C',
      '\u200D',
      '👩',
      '\uFE0F',
      '\u3164',
      ' ',
      'क',
      '्',
    ),
    maxLength: 12,
  }),
);

it('a text that passes has a visible character, and none that hides, turns or breaks the text', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      if (text === '' || visibleTextProblem(text) !== undefined) return;
      expect(text.isWellFormed()).toBe(true);
      expect(text).toMatch(/[\p{L}\p{N}\p{P}\p{S}\p{Extended_Pictographic}]/u);
      expect(text).not.toMatch(/[\p{Cc}\p{Bidi_Control}\u3164\u2800\u115F\u1160\uFFA0\u200B\uFEFF\u00AD]/u);
      expect(text.normalize('NFC')).not.toMatch(/\p{Mn}{5}/u);
    }),
    { numRuns: 5_000 },
  );
});

it('a text passes exactly when its composed form passes', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      expect(visibleTextProblem(text.normalize('NFC'))).toBe(visibleTextProblem(text));
    }),
    { numRuns: 5_000 },
  );
});

it('the longest texts are checked within milliseconds', () => {
  for (const unit of [
    'a',
    '\u0301',
    'ा',
    'क्\u200D',
    '👩\u200D',
    '🏴\u{E0067}',
    '\u200D',
    '1\uFE0F',
    '\u0301ा',
    '葛\uFE0F',
  ]) {
    const text = `a${unit.repeat(4_000 / unit.length)}`;
    const began = performance.now();
    visibleTextProblem(text, { multiline: true });
    expect({ unit, isQuick: performance.now() - began < 50 }).toEqual({ unit, isQuick: true });
  }
});

it('a text that is too long is not checked further', () => {
  const name = z.string().max(200).check(visibleText());
  const began = performance.now();
  const { error } = name.safeParse('👩\u200D'.repeat(300_000));
  expect(error?.issues).toMatchObject([{ code: 'too_big' }]);
  expect(performance.now() - began).toBeLessThan(50);
});

it('as a check of a schema it leaves the length to the schema', () => {
  const name = z.string().trim().min(1).max(3).check(visibleText());
  expect(name.safeParse(' abc ').data).toBe('abc');
  expect(name.safeParse('\u3164').error?.issues).toMatchObject([{ message: INVISIBLE }]);
  expect(name.safeParse('').success).toBe(false);
  expect(z.string().check(visibleText()).safeParse('').success).toBe(true);
});
