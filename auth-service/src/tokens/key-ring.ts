import { createPublicKey, type KeyObject } from 'node:crypto';
import { createPeriodic, type Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { Clock } from 'service-kit/service';
import { scheduleOf, type KeySchedule } from './key-schedule.ts';
import type { SigningKeyStore, StoredSigningKey } from './signing-key-store.ts';
import type { PublicJwk, SigningKey } from './signing-key.ts';

/** The signing keys in memory, as they were stored at most a few seconds ago. */
export interface KeyRing {
  /** Reads the stored keys, and removes those that have expired. */
  refresh(): Promise<void>;
  /** The key that signs. @throws before the first `refresh` */
  signingKey(): SigningKey;
  /** The key that verifies what `kid` signed; undefined when no such token can be good. */
  verificationKey(kid: string): KeyObject | undefined;
  /** All keys that may have signed a token that is still good, or are about to sign. */
  publicKeys(): PublicJwk[];
  schedule(): KeySchedule<StoredSigningKey>;
  /** Refreshes every two seconds. While the database is unavailable, the known keys stay. */
  component: Component;
}

export interface KeyRingOptions {
  store: Pick<SigningKeyStore, 'load' | 'remove'>;
  /** Life of an access token, in milliseconds. */
  accessTtlMs: number;
  clock: Clock;
  logger: Logger;
}

/** How long an instance may not know of a key that was made or retired. */
const REFRESH_MS = 2_000;

export function createKeyRing({ store, accessTtlMs, clock, logger }: KeyRingOptions): KeyRing {
  let keys: StoredSigningKey[] = [];
  const schedule = (): KeySchedule<StoredSigningKey> => scheduleOf(keys, clock(), accessTtlMs);

  async function refresh(): Promise<void> {
    keys = await store.load();
    const { expired } = schedule();
    if (expired.length === 0) return;
    const kids = expired.map(({ kid }) => kid);
    await store.remove(kids);
    logger.info('Signing keys were removed: every token that they signed is dead', { kids });
  }

  return {
    refresh,
    schedule,
    signingKey: () => {
      const { signing } = schedule();
      if (!signing) throw new Error('the signing keys are not loaded yet');
      return signing;
    },
    verificationKey: (kid) => {
      const key = schedule().published.find((each) => each.kid === kid);
      return key && createPublicKey(key.privateKey);
    },
    publicKeys: () => schedule().published.map(({ publicJwk }) => publicJwk),
    component: createPeriodic({ name: 'signing keys', everyMs: REFRESH_MS, run: refresh, logger }),
  };
}
