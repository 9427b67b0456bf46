import { createHash } from 'node:crypto';

/** Digits and lower-case letters without those that look like others (Crockford's base 32). */
const CHARACTERS = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 12;

/** The name of a guest until it chooses one: `guest-7kq2m4xw9dpe`. Made of the account's id, and does not tell it. */
export function guestNameOf(accountId: string): string {
  const digest = createHash('sha256').update(accountId).digest().subarray(0, LENGTH);
  return `guest-${Array.from(digest, (byte) => CHARACTERS[byte % CHARACTERS.length]).join('')}`;
}
