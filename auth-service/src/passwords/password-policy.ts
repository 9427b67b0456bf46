import { z } from 'zod';
import { codePoints } from '../http/code-points.ts';

const SHORTEST = 8;
const LONGEST = 128;

/** A new password as far as its form goes, in Unicode's NFKC form as NIST SP 800-63B asks, so that every keyboard meets. */
export const NewPassword = z
  .string()
  .max(LONGEST * 4, `must have ${SHORTEST} to ${LONGEST} characters`)
  .transform(normalizePassword)
  .superRefine((password, context) => {
    const length = codePoints(password).length;
    if (length < SHORTEST || length > LONGEST) {
      context.addIssue({ code: 'custom', message: `must have ${SHORTEST} to ${LONGEST} characters` });
    }
    if (/[\p{Cc}\p{Cs}]/u.test(password)) {
      context.addIssue({ code: 'custom', message: 'must not have control characters' });
    }
  })
  .meta({
    type: 'string',
    format: 'password',
    minLength: SHORTEST,
    maxLength: LONGEST,
    description: 'Must have a zxcvbn score of 2 or more; the error says why it does not',
    example: 'zebra-tooth-91',
  });

/** A password that is only compared. A text that cannot be a password is refused before it costs a hash. */
export const PresentedPassword = z
  .string()
  .max(LONGEST * 4)
  .transform(normalizePassword)
  .refine((password) => codePoints(password).length <= LONGEST, `must have at most ${LONGEST} characters`)
  .refine((password) => !/[\p{Cc}\p{Cs}]/u.test(password), 'must not have control characters')
  .meta({ type: 'string', format: 'password', maxLength: LONGEST, example: 'zebra-tooth-91' });

function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}
