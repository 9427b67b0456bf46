import { hash, hashSync, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { createBoundedWork } from './bounded-work.ts';

export interface PasswordHasherOptions {
  /** Hashes computed at the same time, each on a thread of its own. */
  concurrency: number;
  /** Hashes that may wait; more are refused with `service_unavailable`. */
  queueLimit: number;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * @param hashed undefined or null if there is no such account, or it has no password; that costs as much as a wrong
   * password
   */
  verify(hashed: string | null | undefined, password: string): Promise<boolean>;
}

/** Argon2id as OWASP's Password Storage Cheat Sheet recommends it: 19 MiB, two passes, parallelism 1. */
const ARGON2ID = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/**
 * Hashes passwords away from the event loop. Hashing is the dearest thing a stranger can ask for, so what waits
 * for it is bounded: rather a quick refusal than answers that come too late for anybody.
 */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const withThread = createBoundedWork(options);
  const nobody = hashSync(randomBytes(32), ARGON2ID);

  return {
    hash: (password) => withThread(() => hash(password, ARGON2ID)),
    verify: async (hashed, password) => {
      const matches = await withThread(() => verify(hashed ?? nobody, password));
      return matches && typeof hashed === 'string';
    },
  };
}
