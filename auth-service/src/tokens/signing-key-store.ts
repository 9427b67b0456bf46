import type { KeyObject } from 'node:crypto';
import type { Db, WithId } from 'mongodb';
import { isDuplicateKey } from 'service-kit/mongo';
import {
  generateSigningKey,
  openPrivateKey,
  sealPrivateKey,
  type PublicJwk,
  type SealedPrivateKey,
  type SigningKey,
} from './signing-key.ts';

interface SigningKeyDocument {
  /** The `kid`. */
  _id: string;
  /** Which one in the row of keys; unique, so that instances that make one at the same time agree. */
  sequence: number;
  publicJwk: PublicJwk;
  privateKey: SealedPrivateKey;
  createdAt: Date;
}

export interface SigningKeyStore {
  ensureIndexes(): Promise<void>;
  /** Makes the first key where there is none yet, then gives all of them, the newest first. */
  loadOrCreate(now: Date): Promise<[SigningKey, ...SigningKey[]]>;
}

/** @param sealingKey AES-256 key under which private keys are stored */
export function createSigningKeyStore(db: Db, sealingKey: KeyObject): SigningKeyStore {
  const keys = db.collection<SigningKeyDocument>('signingKeys');

  async function load(): Promise<SigningKey[]> {
    const found = await keys.find().sort({ sequence: -1 }).toArray();
    return found.map((document) => open(document, sealingKey));
  }

  async function createFirst(now: Date): Promise<void> {
    const key = generateSigningKey();
    const privateKey = sealPrivateKey(key, sealingKey);
    try {
      await keys.insertOne({
        _id: key.kid,
        sequence: 1,
        publicJwk: key.publicJwk,
        privateKey,
        createdAt: now,
      });
    } catch (error) {
      // Another instance was first, and its key is the one.
      if (!isDuplicateKey(error)) throw error;
    }
  }

  return {
    ensureIndexes: async () => {
      await keys.createIndex({ sequence: 1 }, { unique: true });
    },
    loadOrCreate: async (now) => {
      let [newest, ...older] = await load();
      if (!newest) {
        await createFirst(now);
        [newest, ...older] = await load();
      }
      if (!newest) throw new Error('there is no signing key although one was just stored');
      return [newest, ...older];
    },
  };
}

function open({ _id, publicJwk, privateKey }: WithId<SigningKeyDocument>, sealingKey: KeyObject): SigningKey {
  try {
    return { kid: _id, publicJwk, privateKey: openPrivateKey(privateKey, _id, sealingKey) };
  } catch (error) {
    throw new Error(`signing key ${_id} cannot be opened: AUTH_SECRET is not the one it was stored with`, {
      cause: error,
    });
  }
}
