import type { Logger } from 'service-kit/logging';
import { isDuplicateKey } from 'service-kit/mongo';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { Transact } from '../database/transact.ts';
import type { KeyRing } from './key-ring.ts';
import { FIRST_KEY, hasBegun, nextKey, scheduleOf, type KeyTimes } from './key-schedule.ts';
import type { SigningKeyStore, StoredSigningKey } from './signing-key-store.ts';
import { generateSigningKey } from './signing-key.ts';

/** Replaces the key that signs access tokens. */
export interface RotateKeys {
  /** Makes the first key if there is none. */
  begin(): Promise<void>;
  /**
   * Makes the next key, which signs when everybody has had the time to learn of it; tokens lose nothing. While one
   * is about to sign nothing more is made.
   */
  rotate(): Promise<void>;
  /**
   * Ends a key that an attacker may have: every token that it signed is refused from now on. If it is the signing key,
   * the next one signs at once.
   *
   * @returns false when there is no such key
   */
  retire(kid: string): Promise<boolean>;
}

export interface RotateKeysDeps {
  store: SigningKeyStore;
  keyRing: Pick<KeyRing, 'refresh'>;
  accessTtlMs: number;
  /** How long a key is published before it signs, in milliseconds. */
  leadMs: number;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  clock: Clock;
  logger: Logger;
}

export function rotateKeys(deps: RotateKeysDeps): RotateKeys {
  const { store, keyRing, accessTtlMs, leadMs, audit, transact, clock, logger } = deps;

  async function make(times: KeyTimes): Promise<void> {
    const key = { ...generateSigningKey(), ...times };
    const { kid, signsFrom } = key;
    try {
      await transact(async (tx) => {
        await store.insert(key, clock(), tx.session);
        await audit.done({ action: 'make-signing-key', by: 'auth-service', details: { kid } }, tx);
      });
      logger.info('A signing key was made', { kid, signsFrom });
    } catch (error) {
      // Another instance was first, and its key is the one.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  /** Makes sure that another key than this one signs from now on. */
  async function succeed(keys: readonly StoredSigningKey[], now: Date): Promise<void> {
    const [newest] = keys;
    if (!newest) return;
    if (hasBegun(newest, now)) await make({ sequence: newest.sequence + 1, signsFrom: now });
    // The one that was waiting, or that another instance made in the meantime.
    const [successor] = await store.load();
    if (successor) await store.beginNow(successor.kid, now);
  }

  return {
    begin: async () => {
      if ((await store.load()).length === 0) await make(FIRST_KEY);
      await keyRing.refresh();
    },
    rotate: async () => {
      const next = nextKey(await store.load(), clock(), leadMs);
      if (next) await make(next);
      await keyRing.refresh();
    },
    retire: async (kid) => {
      const now = clock();
      const keys = await store.load();
      if (!keys.some((key) => key.kid === kid)) return false;
      if (scheduleOf(keys, now, accessTtlMs).signing?.kid === kid) await succeed(keys, now);
      await transact(async (tx) => {
        await store.remove([kid], tx.session);
        await audit.done({ action: 'retire-signing-key', by: 'auth-service', details: { kid } }, tx);
      });
      logger.warn('A signing key was retired at once; the tokens that it signed are refused', { kid });
      await keyRing.refresh();
      return true;
    },
  };
}
