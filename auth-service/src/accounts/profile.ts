import { visibleText } from 'service-kit/http';
import { z } from 'zod';
import { codePoints } from '../http/code-points.ts';

/** One line of text for people, which shows something. */
function oneLine(longest: number) {
  const tooLong = `must have at most ${longest} characters`;
  return (
    z
      .string()
      .trim()
      .min(1)
      // A text that is far too long is not checked any further, because the other checks take time for each character.
      .refine((text) => text.length <= 2 * longest, { error: tooLong, abort: true })
      .refine((text) => codePoints(text).length <= longest, tooLong)
      .check(visibleText())
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
