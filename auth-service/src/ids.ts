import { randomBytes } from 'node:crypto';

/** Makes an id that nobody can guess: `acc_` or `ses_` and 16 random bytes. */
export type MakeId = (prefix: 'acc' | 'ses') => string;

export const randomId: MakeId = (prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;
