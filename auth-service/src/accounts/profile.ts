import { z } from 'zod';
import { codePoints } from './code-points.ts';

/** One line of text for people: no control, unassigned or invisible direction characters, no half characters. */
const ONE_LINE = /^(?:[^\p{C}\p{Zl}\p{Zp}]|[\u200C\u200D])*$/u;

const tooLong = (longest: number): string => `must have at most ${longest} characters`;

function oneLine(longest: number) {
  return (
    z
      .string()
      .trim()
      .min(1)
      // What is far too long is not looked at any further: the other checks take time for each character.
      .refine((text) => text.length <= longest * 2, { error: tooLong(longest), abort: true })
      .refine((text) => codePoints(text).length <= longest, tooLong(longest))
      .refine((text) => ONE_LINE.test(text), 'must be one line of printable characters')
      .transform((text) => text.normalize('NFC'))
  );
}

/** A name for people to read. */
export const ShortText = oneLine(64).meta({ type: 'string', minLength: 1, maxLength: 64 });

export const DisplayName = oneLine(64).meta({
  type: 'string',
  minLength: 1,
  maxLength: 64,
  example: 'Min-jun',
});

/** Kept in lower case; it is not verified and names nobody, so two accounts may have the same. */
export const Email = z
  .string()
  .trim()
  .toLowerCase()
  .max(254)
  .pipe(z.email())
  .meta({ type: 'string', format: 'email', maxLength: 254, example: 'minjun@example.com' });

/** Why staff did something, for people to read. */
export const Reason = oneLine(500).meta({
  type: 'string',
  minLength: 1,
  maxLength: 500,
  example: 'speed hack',
});

/** Passed on as it is; whether it is known is not this service's business. */
export const InviteCode = oneLine(64).meta({
  type: 'string',
  minLength: 1,
  maxLength: 64,
  example: 'SPRING-7KQ2',
});
