import { randomBytes } from 'node:crypto';

/** Makes an id that nobody can guess: a prefix and 16 random bytes. */
export type MakeId = (prefix: 'acc' | 'ses' | 'cli' | 'rst') => string;

export const randomId: MakeId = (prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;
