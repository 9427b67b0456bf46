import { createHash } from 'node:crypto';
import { Binary, type ClientSession, type Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { Supply, SupplyStore } from './reward-kind-spec.ts';
import { countUp, type Counts } from '../../../database/counts.ts';

/**
 * The codes of one coupon are a queue. Codes that are added or given back go to its end, and each unit that is taken is
 * the next code.
 */
interface PoolDocument extends Supply {
  /** The reward's id. */
  _id: string;
  /** No reward has the pool any more. Its codes are removed later, because there may be a million. */
  isRemoved?: true;
}

interface CodeDocument {
  /** Hash of reward and code: no error about a duplicate key ever tells a code. */
  _id: Binary;
  rewardId: string;
  position: number;
  code: string;
}

export interface CodeStore extends SupplyStore {
  /**
   * Adds the codes that the pool does not hold yet.
   *
   * @returns the number of added codes; undefined if the pool is gone
   */
  add(rewardId: string, codes: readonly string[], session: ClientSession): Promise<number | undefined>;
  /** Removes the codes of pools that were removed. */
  sweep(): Promise<void>;
}

export const codeIndexes: IndexSpec[] = [
  { collection: 'couponCodes', indexes: [{ key: { rewardId: 1, position: 1 }, unique: true }] },
  {
    collection: 'couponPools',
    indexes: [{ key: { isRemoved: 1 }, partialFilterExpression: { isRemoved: true } }],
  },
];

export function createCodeStore(db: Db): CodeStore {
  const pools = db.collection<PoolDocument>('couponPools');
  const codes = db.collection<CodeDocument>('couponCodes');

  async function find(rewardIds: readonly string[], session?: ClientSession): Promise<Map<string, Supply>> {
    const found = await pools.find({ _id: { $in: [...rewardIds] } }, session && { session }).toArray();
    return new Map(found.map(({ _id, total, end }) => [_id, { total, end }]));
  }

  return {
    create: async (rewardId, session) => {
      await pools.insertOne({ _id: rewardId, total: 0, end: 0 }, { session });
    },
    find,
    add: async (rewardId, uploaded, session) => {
      const fresh = new Map(uploaded.map((code) => [keyOf(rewardId, code), code]));
      const ids = [...fresh.keys()].map(toId);
      const known = codes.find({ _id: { $in: ids } }, { session, projection: { _id: 1 } });
      for await (const { _id } of known) fresh.delete(toKey(_id));
      const { size } = fresh;
      const pool = await pools.findOneAndUpdate(
        { _id: rewardId, isRemoved: { $exists: false } },
        { $inc: { total: size, end: size } },
        { session, returnDocument: 'before' },
      );
      if (!pool) return undefined;
      const documents = [...fresh].map(([key, code], index) => ({
        _id: toId(key),
        rewardId,
        position: pool.end + index,
        code,
      }));
      if (size > 0) await codes.insertMany(documents, { session, ordered: false });
      return size;
    },
    reserve: async (wanted, session) => {
      const ranges = wanted.map(({ rewardId, supply, taken, count }) => {
        const givenBack = supply.end - supply.total;
        const from = taken + givenBack;
        return { rewardId, position: { $gte: from, $lt: from + count } };
      });
      const found = await codes
        .find({ $or: ranges }, { session })
        .sort({ rewardId: 1, position: 1 })
        .toArray();
      const byReward = Map.groupBy(found, ({ rewardId }) => rewardId);
      return new Map(
        [...byReward].map(([rewardId, documents]) => [rewardId, documents.map(({ code }) => ({ code }))]),
      );
    },
    release: async (returned, session) => {
      const counts: Counts = new Map();
      for (const { rewardId } of returned) countUp(counts, rewardId);
      const ends = await find([...counts.keys()], session);
      await pools.bulkWrite(
        [...counts].map(([rewardId, count]) => ({
          updateOne: { filter: { _id: rewardId }, update: { $inc: { end: count } } },
        })),
        { session },
      );
      const next = new Map([...ends].map(([rewardId, { end }]) => [rewardId, end]));
      const moves = returned.map(({ rewardId, payload: { code } }) => {
        const position = next.get(rewardId) ?? 0;
        next.set(rewardId, position + 1);
        return {
          updateOne: { filter: { _id: toId(keyOf(rewardId, code)) }, update: { $set: { position } } },
        };
      });
      const { matchedCount } = await codes.bulkWrite(moves, { session });
      if (matchedCount !== moves.length) throw new Error('a code that was taken is not in its pool');
    },
    remove: async (rewardIds, session) => {
      await pools.updateMany({ _id: { $in: [...rewardIds] } }, { $set: { isRemoved: true } }, { session });
    },
    sweep: async () => {
      for await (const { _id } of pools.find({ isRemoved: true }, { projection: { _id: 1 } })) {
        await codes.deleteMany({ rewardId: _id });
        await pools.deleteOne({ _id });
      }
    },
  };
}

const keyOf = (rewardId: string, code: string): string =>
  createHash('sha256')
    .update(JSON.stringify([rewardId, code]))
    .digest('base64url');
const toId = (key: string): Binary => new Binary(Buffer.from(key, 'base64url'));
const toKey = (id: Binary): string => Buffer.from(id.value()).toString('base64url');
