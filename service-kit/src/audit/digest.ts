import { createHash, createHmac, type KeyObject } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';

/** The hash of a value, in base64url. `what` separates the kinds of values, so that no hash can stand for another kind. */
export type Digest = (what: 'entry' | 'origin' | 'seal', value: unknown) => string;

/** HMAC-SHA256 under `key`. Without a key SHA-256, which anybody with write access to the database can compute. */
export function createDigest(key: KeyObject | undefined): Digest {
  return (what, value) => {
    const text = canonicalJson([`laurel audit ${what} v1`, value]);
    const hash = key ? createHmac('sha256', key) : createHash('sha256');
    return hash.update(text).digest('base64url');
  };
}
