import { randomBytes } from 'node:crypto';

/** Makes an id with a prefix, such as `evt_…`, that no caller can guess. */
export type NewId = (prefix: string) => string;

/** The prefix, and 16 random bytes in base64url. */
export const newId: NewId = (prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;
