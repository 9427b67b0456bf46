import type { KeyObject } from 'node:crypto';
import type { ClientSession, Db, WithId } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { KeyTimes } from './key-schedule.ts';
import {
  openPrivateKey,
  sealPrivateKey,
  type PublicJwk,
  type SealedPrivateKey,
  type SigningKey,
} from './signing-key.ts';

interface SigningKeyDocument {
  /** The `kid`. */
  _id: string;
  /** Unique, so that instances that make a key at the same time agree. */
  sequence: number;
  signsFrom?: Date | null;
  publicJwk: PublicJwk;
  privateKey: SealedPrivateKey;
  createdAt: Date;
}

export interface StoredSigningKey extends SigningKey, KeyTimes {}

export interface SigningKeyStore {
  /** All keys, the newest first. @throws when one was stored with another `AUTH_SECRET` */
  load(): Promise<StoredSigningKey[]>;
  /** @throws a duplicate key error where another instance has just made the key of that sequence */
  insert(key: StoredSigningKey, now: Date, session: ClientSession): Promise<void>;
  /** Lets a key sign at once. */
  beginNow(kid: string, now: Date): Promise<void>;
  remove(kids: readonly string[], session?: ClientSession): Promise<void>;
}

const signingKeysIn = (db: Db) => db.collection<SigningKeyDocument>('signingKeys');

export const signingKeyIndexes: IndexSpec[] = [
  { collection: 'signingKeys', indexes: [{ key: { sequence: 1 }, unique: true }] },
];

/** @param sealingKey AES-256 key under which private keys are stored */
export function createSigningKeyStore(db: Db, sealingKey: KeyObject): SigningKeyStore {
  const keys = signingKeysIn(db);
  // To open a key takes far longer than to find it, and all instances look every few seconds.
  let opened = new Map<string, SigningKey>();

  return {
    load: async () => {
      const found = await keys.find().sort({ sequence: -1 }).toArray();
      opened = new Map(
        found.map((document) => [document._id, opened.get(document._id) ?? open(document, sealingKey)]),
      );
      return found.flatMap(({ _id, sequence, signsFrom = null }) => {
        const key = opened.get(_id);
        return key ? [{ ...key, sequence, signsFrom }] : [];
      });
    },
    insert: async (key, now, session) => {
      const { kid, publicJwk, sequence, signsFrom } = key;
      const privateKey = sealPrivateKey(key, sealingKey);
      const document = { _id: kid, sequence, signsFrom, publicJwk, privateKey, createdAt: now };
      await keys.insertOne(document, { session });
    },
    beginNow: async (kid, now) => {
      await keys.updateOne({ _id: kid, signsFrom: { $gt: now } }, { $set: { signsFrom: now } });
    },
    remove: async (kids, session) => {
      await keys.deleteMany({ _id: { $in: [...kids] } }, { session });
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
