import { createPublicKey, type KeyObject } from 'node:crypto';
import { z } from 'zod';

export interface KeySet {
  keys: ReadonlyMap<string, KeyObject>;
  /** An unusable key does not affect the others. */
  unusable: readonly UnusableKey[];
}

/** A key that cannot be used, and the reason. */
export interface UnusableKey {
  kid: string;
  reason: string;
}

const MOST_KEYS = 100;
const LONGEST_KID = 200;
/** A coordinate of P-256 has exactly 32 octets (RFC 7518, 6.2.1.2). */
const COORDINATE = /^[A-Za-z0-9_-]{43}$/;

const keySet = z.object({ keys: z.array(z.unknown()).max(MOST_KEYS) });
// The members that ES256 needs. `d` is left out: it would make a private key.
const es256Key = z.object({
  kty: z.literal('EC', 'kty is not EC'),
  crv: z.literal('P-256', 'crv is not P-256'),
  kid: z.string('has no kid').min(1, 'has no kid').max(LONGEST_KID, 'kid is too long'),
  x: z.string('x is not a coordinate').regex(COORDINATE, 'x is not a coordinate'),
  y: z.string('y is not a coordinate').regex(COORDINATE, 'y is not a coordinate'),
  use: z.literal('sig', 'use is not sig').optional(),
  alg: z.literal('ES256', 'alg is not ES256').optional(),
  // RFC 7517, 4.3: the operations that the key is for, without repetition.
  key_ops: z
    .array(z.string(), 'key_ops is not a list')
    .refine((operations) => operations.includes('verify'), 'key_ops has no verify')
    .refine((operations) => new Set(operations).size === operations.length, 'key_ops has a repetition')
    .optional(),
});

/**
 * Reads the usable keys of a JWKS. Keys of another kind or for another use are unusable.
 *
 * @throws if it is not a key set, or has no usable key
 */
export function readKeySet(json: unknown): KeySet {
  const keys = new Map<string, KeyObject>();
  const unusable: UnusableKey[] = [];
  for (const candidate of keySet.parse(json).keys) {
    const read = readKey(candidate);
    if ('reason' in read) unusable.push(read);
    else if (keys.has(read.kid)) unusable.push({ kid: read.kid, reason: 'kid is that of an earlier key' });
    else keys.set(read.kid, read.key);
  }
  if (keys.size === 0) {
    const reasons = unusable.map(({ kid, reason }) => `${kid}: ${reason}`).join('; ');
    throw new Error(`the key set holds no ES256 key${reasons && ` (${reasons})`}`);
  }
  return { keys, unusable };
}

function readKey(candidate: unknown): { kid: string; key: KeyObject } | UnusableKey {
  const parsed = es256Key.safeParse(candidate);
  if (!parsed.success) {
    return { kid: kidOf(candidate), reason: parsed.error.issues[0]?.message ?? 'is not a key' };
  }
  const { kty, crv, x, y, kid } = parsed.data;
  try {
    return { kid, key: createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }) };
  } catch {
    return { kid, reason: 'x and y are not a point of the curve' };
  }
}

function kidOf(candidate: unknown): string {
  const named = z.object({ kid: z.string() }).safeParse(candidate);
  return named.success ? named.data.kid.slice(0, LONGEST_KID) : '(none)';
}
