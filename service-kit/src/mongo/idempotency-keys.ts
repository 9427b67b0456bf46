import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import type { IdempotencyKeys, KeptAnswer, KeyInUse } from '../http/idempotency.ts';
import { isDuplicateKey } from './mongo-errors.ts';

interface KeyRow {
  /** Hash of caller, route and key. */
  _id: string;
  /** Hash of what was asked for. */
  fingerprint: string;
  /** Who runs it; another one once it was taken over. */
  owner: string;
  /** Until when it is certain that the owner lives. */
  leaseUntil: Date;
  answer?: KeptAnswer;
  expiresAt: Date;
}

export interface IdempotencyKeysOptions {
  db: Db;
  /** How long a key is remembered, in milliseconds. Default 24 hours. */
  retentionMs?: number;
  /** How soon after a crash its key is free again, in milliseconds. Default 15,000. */
  leaseMs?: number;
  /** Current time in Unix milliseconds. */
  now?: () => number;
}

export interface StoredIdempotencyKeys extends IdempotencyKeys {
  ensureIndexes(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Keys in the collection `idempotencyKeys`: hashes of key and content, and the answer. A lease that is renewed for
 * as long as the first request runs keeps others out; when its process dies, the lease ends and the key is free.
 */
export function createIdempotencyKeys(options: IdempotencyKeysOptions): StoredIdempotencyKeys {
  const { db, retentionMs = DAY_MS, leaseMs = 15_000, now = Date.now } = options;
  const rows = db.collection<KeyRow>('idempotencyKeys', { writeConcern: { w: 'majority' } });
  const inMs = (ms: number): Date => new Date(now() + ms);

  function inUse({ _id, owner }: KeyRow): KeyInUse {
    const own = { _id, owner };
    const renewal = setInterval(() => {
      rows.updateOne(own, { $set: { leaseUntil: inMs(leaseMs) } }).catch(() => undefined);
    }, leaseMs / 3);
    return {
      keep: async (answer) => {
        clearInterval(renewal);
        await rows.updateOne(own, { $set: { answer } });
      },
      release: async () => {
        clearInterval(renewal);
        await rows.deleteOne(own);
      },
    };
  }

  /** @returns whether the row is now ours */
  async function take(row: KeyRow, over: KeyRow | null): Promise<boolean> {
    if (over) {
      const { _id, owner, leaseUntil } = over;
      const { _id: __, ...taken } = row;
      // Nothing has become of it meanwhile: neither was the lease renewed nor an answer kept.
      const asFound = { _id, owner, leaseUntil, answer: { $exists: over.answer !== undefined } };
      return (await rows.replaceOne(asFound, taken)).modifiedCount === 1;
    }
    try {
      await rows.insertOne(row);
      return true;
    } catch (error) {
      if (isDuplicateKey(error)) return false;
      throw error;
    }
  }

  /** The store removes rows late, and a lease that has ended without an answer was its owner's last. */
  const isFree = ({ expiresAt, leaseUntil, answer }: KeyRow): boolean =>
    expiresAt.getTime() <= now() || (!answer && leaseUntil.getTime() <= now());

  return {
    ensureIndexes: async () => {
      await rows.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'forget' });
    },
    use: async (_id, fingerprint) => {
      for (;;) {
        const found = await rows.findOne({ _id });
        if (!found || isFree(found)) {
          const owner = randomUUID();
          const row: KeyRow = {
            _id,
            fingerprint,
            owner,
            leaseUntil: inMs(leaseMs),
            expiresAt: inMs(retentionMs),
          };
          if (await take(row, found)) return { state: 'first', inUse: inUse(row) };
          // Another request was faster: look at what it has made of the key.
          continue;
        }
        if (found.fingerprint !== fingerprint) return { state: 'reused' };
        return found.answer ? { state: 'answered', answer: found.answer } : { state: 'running' };
      }
    },
  };
}
