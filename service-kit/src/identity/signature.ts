import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto';

/** A shared secret with a name, by which the verifier finds it. */
export interface SigningKey {
  id: string;
  secret: string;
}

/** A signature covers a JSON array of texts and a time. */
type SignedContent = readonly (string | number)[];

/**
 * @param time Unix milliseconds; it is also part of the content
 * @returns `v1;k=<keyId>;t=<unix ms>;s=<base64url HMAC-SHA256>` over the JSON text of `content`
 */
export function signatureHeader(key: SigningKey, time: number, content: SignedContent): string {
  return `v1;k=${key.id};t=${time};s=${signatureOf(content, keyObjectOf(key))}`;
}

export interface SignatureCheckOptions {
  /** Any of them is accepted, for rotation. */
  keys: readonly SigningKey[];
  /** Current time in Unix milliseconds. Default: the system's. */
  clock?: (() => number) | undefined;
  /** How far the time of a signature may be in the past or future, in milliseconds. Default 60,000. */
  maxAgeMs?: number | undefined;
}

/**
 * @param header as received
 * @param contentAt the content that must have been signed at a time, in Unix milliseconds
 */
export type SignatureCheck = (
  header: string | readonly string[] | undefined,
  contentAt: (time: number) => SignedContent,
) => boolean;

const SIGNATURE = /^v1;k=([A-Za-z0-9._-]{1,64});t=(\d{1,15});s=([A-Za-z0-9_-]{43})$/;

/** Makes the check that a header is a recent {@link signatureHeader} under one of the keys. */
export function createSignatureCheck(options: SignatureCheckOptions): SignatureCheck {
  const { clock = Date.now, maxAgeMs = 60_000 } = options;
  const keys = new Map(options.keys.map((key) => [key.id, keyObjectOf(key)]));

  return (header, contentAt) => {
    const parts = typeof header === 'string' ? SIGNATURE.exec(header) : null;
    const [, keyId = '', timeText = '', given = ''] = parts ?? [];
    const key = keys.get(keyId);
    const time = Number(timeText);
    if (!key || !(Math.abs(clock() - time) <= maxAgeMs)) return false;
    return isEqual(signatureOf(contentAt(time), key), given);
  };
}

function signatureOf(content: SignedContent, key: KeyObject): string {
  return createHmac('sha256', key).update(JSON.stringify(content)).digest('base64url');
}

function isEqual(expected: string, given: string): boolean {
  return timingSafeEqual(Buffer.from(expected), Buffer.from(given));
}

// Making a key object costs as much as the HMAC.
const keyObjects = new WeakMap<SigningKey, KeyObject>();

function keyObjectOf(key: SigningKey): KeyObject {
  let object = keyObjects.get(key);
  if (!object) {
    object = createSecretKey(Buffer.from(key.secret));
    keyObjects.set(key, object);
  }
  return object;
}
