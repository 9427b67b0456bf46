import { randomUUID } from 'node:crypto';
import type { Db, Document } from 'mongodb';
import type { IdempotencyKeys, KeptAnswer, KeyInUse } from '../http/idempotency.ts';
import { documentLease } from './document-lease.ts';
import { isDuplicateKey } from './mongo-errors.ts';

interface KeyRow {
  /** Hash of caller, route and key. */
  _id: string;
  /** Hash of what was asked for. */
  fingerprint: string;
  /** Who runs the request; another one once it was taken over. */
  owner: string;
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
  /** Current time in Unix milliseconds. Default: the clock of the database, which all instances share. */
  now?: () => number;
}

export interface StoredIdempotencyKeys extends IdempotencyKeys {
  ensureIndexes(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Keys in the collection `idempotencyKeys`: hashes of key and content, and the answer. A lease keeps other requests
 * out. It is renewed while the first request runs; when its process dies, the lease ends and the key is free.
 */
export function createIdempotencyKeys(options: IdempotencyKeysOptions): StoredIdempotencyKeys {
  const { db, retentionMs = DAY_MS, leaseMs = 15_000 } = options;
  const rows = db.collection<KeyRow>('idempotencyKeys', { writeConcern: { w: 'majority' } });
  const time = (): string | Date => (options.now ? new Date(options.now()) : '$$NOW');
  const leaseAt = (now: string | Date) => documentLease({ holder: 'owner', until: 'leaseUntil' }, now);

  /** One write: it inserts a row, replaces a free one, and leaves any other as it is. */
  async function take(_id: string, fingerprint: string, owner: string): Promise<KeyRow | null> {
    const now = time();
    const lease = leaseAt(now);
    // MongoDB removes expired rows late. An owner whose lease ended without an answer has died.
    const isFree = {
      $or: [
        { $lte: ['$expiresAt', now] },
        { $and: [{ $eq: [{ $type: '$answer' }, 'missing'] }, lease.isFree] },
      ],
    };
    const row: Document = {
      _id: { $literal: _id },
      fingerprint: { $literal: fingerprint },
      ...lease.held(owner, leaseMs),
      expiresAt: { $add: [now, retentionMs] },
    };
    return await rows.findOneAndUpdate({ _id }, [{ $replaceWith: { $cond: [isFree, row, '$$ROOT'] } }], {
      upsert: true,
      returnDocument: 'after',
    });
  }

  function inUse(_id: string, owner: string): KeyInUse {
    const own = { _id, owner };
    const renewal = setInterval(() => {
      rows.updateOne(own, [{ $set: leaseAt(time()).held(owner, leaseMs) }]).catch(() => undefined);
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

  return {
    ensureIndexes: async () => {
      await rows.createIndex({ expiresAt: 1 }, { expireAfterSeconds: 0, name: 'forget' });
    },
    use: async (_id, fingerprint) => {
      const owner = randomUUID();
      for (;;) {
        const row = await take(_id, fingerprint, owner).catch((error: unknown) => {
          // Another request inserted the row in the same moment: read what it wrote.
          if (isDuplicateKey(error)) return null;
          throw error;
        });
        if (!row) continue;
        if (row.owner === owner) return { state: 'first', inUse: inUse(_id, owner) };
        if (row.fingerprint !== fingerprint) return { state: 'reused' };
        return row.answer ? { state: 'answered', answer: row.answer } : { state: 'running' };
      }
    },
  };
}
