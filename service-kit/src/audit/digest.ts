import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** The fingerprint of a value, in base64url; `what` keeps the hash of one kind of thing from standing for another. */
export type Digest = (what: 'entry' | 'origin' | 'seal', value: unknown) => string;

/** HMAC-SHA256 under `key`; without one SHA-256, which whoever can write to the database can make as well. */
export function createDigest(key: KeyObject | undefined): Digest {
  return (what, value) => {
    const text = canonicalJson([`laurel audit ${what} v1`, value]);
    const hash = key ? createHmac('sha256', key) : createHash('sha256');
    return hash.update(text).digest('base64url');
  };
}
