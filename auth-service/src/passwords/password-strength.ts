import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { codePoints } from '../http/code-points.ts';

const LEAST_SCORE = 2;
/** Estimating takes longer than linear time, so no more characters than these are estimated together. */
const PIECE = 32;

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

/**
 * Why a password is too easy to guess, undefined when it is not. A long password is as strong as the strongest of its
 * pieces: a strong beginning ends the work at once, and a piece that came before is not estimated again.
 *
 * This takes milliseconds, and the dictionaries take 50 MiB: it is for the thread that `createPasswordJudge` runs.
 *
 * @param personal what an attacker would try first: names and addresses of the owner
 */
export function weaknessOf(password: string, personal: readonly string[]): string | undefined {
  const inputs = personal
    .flatMap((input) => [input, ...input.split(/[@._-]/)])
    .filter((input) => input.length > 2);
  const [first = '', ...others] = piecesOf(password);
  const { score, feedback } = estimator.check(first, inputs);
  if (score >= LEAST_SCORE) return undefined;
  if (others.some((piece) => estimator.check(piece, inputs).score >= LEAST_SCORE)) return undefined;
  const { warning } = feedback;
  return warning && isWarning(warning) ? WARNINGS[warning] : TOO_WEAK;
}

/** The last piece ends where the password ends, so it is as long as the others and overlaps the one before. */
function piecesOf(password: string): Set<string> {
  const characters = codePoints(password);
  const pieces = new Set<string>();
  for (let start = 0; start < characters.length; start += PIECE) {
    const from = Math.max(0, Math.min(start, characters.length - PIECE));
    pieces.add(characters.slice(from, from + PIECE).join(''));
  }
  return pieces;
}

function isWarning(key: string): key is keyof typeof WARNINGS {
  return Object.hasOwn(WARNINGS, key);
}
