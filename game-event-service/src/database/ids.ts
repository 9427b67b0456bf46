import { randomBytes } from 'node:crypto';

/** Makes ids that nobody can guess. */
export type NewId = (prefix: 'evt' | 'rwd' | 'att') => string;

export const newId: NewId = (prefix) => `${prefix}_${randomBytes(16).toString('base64url')}`;
