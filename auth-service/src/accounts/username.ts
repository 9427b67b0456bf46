import { z } from 'zod';
import { codePoints } from '../http/code-points.ts';

const SHORTEST = 3;
const LONGEST = 32;

/** Scripts in general use (Unicode UAX #31, table 5), and those that are written together (UTS #39, section 5.1). */
const SCRIPTS: readonly (readonly string[])[] = [
  ...[
    'Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Hebrew Kannada Khmer Lao',
    'Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai Tibetan',
  ]
    .join(' ')
    .split(' ')
    .map((script) => [script]),
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Hangul'],
  ['Han', 'Bopomofo'],
];

/**
 * A mark counts only where its script cannot do without it (vowel signs); combining accents belong to no script
 * and could be piled up. Characters that show nothing are in no class.
 */
function namesIn(scripts: readonly string[]): RegExp {
  const classes = scripts.map(
    (script) => String.raw`[\p{L}&&\p{scx=${script}}][\p{M}&&\p{sc=${script}}][\p{Nd}&&\p{scx=${script}}]`,
  );
  return new RegExp(String.raw`^[[${classes.join('')}[0-9._\-]]--\p{Default_Ignorable_Code_Point}]*$`, 'v');
}

const NAMES = SCRIPTS.map(namesIn);

/** A name as its owner writes it, in Unicode's NFKC form. */
export const Username = z
  .string()
  .max(256, `must have ${SHORTEST} to ${LONGEST} characters`)
  .transform((text) => text.normalize('NFKC'))
  .superRefine((name, context) => {
    const length = codePoints(name).length;
    if (length < SHORTEST || length > LONGEST) {
      context.addIssue({ code: 'custom', message: `must have ${SHORTEST} to ${LONGEST} characters` });
    }
    if (!NAMES.some((allowed) => allowed.test(name))) {
      context.addIssue({
        code: 'custom',
        message: 'may have letters of one script, digits and the characters . _ -',
      });
    }
  })
  .meta({
    type: 'string',
    minLength: SHORTEST,
    maxLength: LONGEST,
    description:
      'Letters of one script, digits and . _ - after NFKC normalisation; unique without regard to case',
    example: 'min-jun',
  });
