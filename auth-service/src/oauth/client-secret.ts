import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Makes a secret that is shown once; the prefix is for programs that look for leaked ones. */
export const newClientSecret = (): string => `laurel_cs_${randomBytes(32).toString('base64url')}`;

/**
 * What is stored of a secret. It has 256 random bits, so that nobody can try all of them: a slow password hash would
 * protect nothing more, and would cost every token request tens of milliseconds.
 */
export const hashOfSecret = (secret: string): string => digest(secret).toString('base64url');

/** Compares in the same time for any secret and any number of matching hashes. */
export function matchesSecret(secret: string, hashes: readonly [string, string]): boolean {
  const given = digest(secret);
  return hashes
    .map((hash) => timingSafeEqual(given, Buffer.from(hash, 'base64url')))
    .reduce((matched, each) => matched || each);
}

/** A hash that no secret has, for the places without one. */
export const NO_SECRET: string = hashOfSecret(newClientSecret());

function digest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
