import { randomInt } from 'node:crypto';

/**
 * Consonants alone: none is taken for another or for a digit, and they spell no words. The letters of RFC 8628,
 * section 6.1, for codes that people read from one screen and type at another.
 */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const GROUPS = 3;
const GROUP_LENGTH = 4;
const LENGTH = GROUPS * GROUP_LENGTH;
const CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`);

/** Makes codes of invites that nobody can guess. */
export type NewInviteCode = () => string;

/** @returns twelve random letters, of 52 bits, as `BCDF-GHJK-LMNP` */
export const newInviteCode: NewInviteCode = () =>
  grouped(Array.from({ length: LENGTH }, () => LETTERS.charAt(randomInt(LETTERS.length))).join(''));

/**
 * @param text as a player typed it: in any case, with hyphens and spaces anywhere or nowhere
 * @returns the code; undefined if the text cannot be a code
 */
export function readInviteCode(text: string): string | undefined {
  const letters = text.replaceAll(/[\s-]/g, '').toUpperCase();
  return CODE.test(letters) ? grouped(letters) : undefined;
}

function grouped(letters: string): string {
  const starts = Array.from({ length: GROUPS }, (_, group) => group * GROUP_LENGTH);
  return starts.map((start) => letters.slice(start, start + GROUP_LENGTH)).join('-');
}
