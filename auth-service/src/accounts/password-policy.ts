import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { z } from 'zod';
import { invalidInput } from '../refusal.ts';
import { codePoints } from './code-points.ts';

const SHORTEST = 8;
const LONGEST = 128;
const LEAST_SCORE = 2;
/** Estimating takes longer than linear time; what is strong enough up to here needs no look at the rest. */
const ENOUGH_TO_JUDGE = 32;

const WARNINGS = {
  straightRow: 'Straight rows of keys are easy to guess',
  keyPattern: 'Short keyboard patterns are easy to guess',
  simpleRepeat: 'Repeated characters are easy to guess',
  extendedRepeat: 'Repeated patterns are easy to guess',
  sequences: 'Common sequences are easy to guess',
  recentYears: 'Recent years are easy to guess',
  dates: 'Dates are easy to guess',
  topTen: 'This is one of the ten most used passwords',
  topHundred: 'This is one of the most used passwords',
  common: 'This is a commonly used password',
  similarToCommon: 'This is similar to a commonly used password',
  wordByItself: 'Single words are easy to guess',
  namesByThemselves: 'Single names are easy to guess',
  commonNames: 'Common names are easy to guess',
  userInputs: 'It must not be made of your name or e-mail address',
  pwned: 'This password is known from a data breach',
} as const;
const TOO_WEAK = 'This is too easy to guess; a few words that have nothing to do with each other are better';

const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });

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
    description: 'Hard enough to guess: zxcvbn score 2 or more; the error says why it is not',
    example: 'zebra-tooth-91',
  });

/** A password that is only compared: whatever cannot be anybody's is refused before it costs a hash. */
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

/**
 * Why a password is too easy to guess, undefined when it is not.
 *
 * @param personal what an attacker would try first: names and addresses of the owner
 */
export function weaknessOf(password: string, personal: readonly string[]): string | undefined {
  const start = codePoints(password).slice(0, ENOUGH_TO_JUDGE).join('');
  const inputs = personal
    .flatMap((input) => [input, ...input.split(/[@._-]/)])
    .filter((input) => input.length > 2);
  if (estimator.check(start, inputs).score >= LEAST_SCORE) return undefined;
  const { score, feedback } = estimator.check(password, inputs);
  if (score >= LEAST_SCORE) return undefined;
  const { warning } = feedback;
  return warning && isWarning(warning) ? WARNINGS[warning] : TOO_WEAK;
}

/**
 * @param field the input that the password came in
 * @throws {DomainError} `invalid_request`, which says why
 */
export function assertHardToGuess(
  field: string,
  password: string,
  personal: readonly (string | null | undefined)[],
): void {
  const message = weaknessOf(
    password,
    personal.filter((input) => typeof input === 'string'),
  );
  if (message === undefined) return;
  throw invalidInput(field, message, 'The password is too easy to guess; see errors');
}

function isWarning(key: string): key is keyof typeof WARNINGS {
  return Object.hasOwn(WARNINGS, key);
}
