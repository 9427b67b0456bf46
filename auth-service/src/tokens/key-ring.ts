import type { Clock } from '../clock.ts';
import type { SigningKeyStore } from './signing-key-store.ts';
import type { PublicJwk, SigningKey } from './signing-key.ts';

/** The signing keys in memory, loaded once at start. */
export interface KeyRing {
  load(): Promise<void>;
  /** The key that signs. @throws before `load` */
  signingKey(): SigningKey;
  /** All keys that may have signed a token that is still good. */
  publicKeys(): PublicJwk[];
}

export function createKeyRing({ store, clock }: { store: SigningKeyStore; clock: Clock }): KeyRing {
  let keys: SigningKey[] = [];

  return {
    load: async () => {
      keys = await store.loadOrCreate(clock());
    },
    signingKey: () => {
      const [newest] = keys;
      if (!newest) throw new Error('the signing keys are not loaded yet');
      return newest;
    },
    publicKeys: () => keys.map(({ publicJwk }) => publicJwk),
  };
}
