import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { Counts } from '../database/counts.ts';

interface CapDocument {
  _id: string;
  count: number;
}

/** How much of each cap is used up, by pending and granted claims. */
export interface CapStore {
  findAll(ids: readonly string[], session?: ClientSession): Promise<Map<string, number>>;
  /** Adds to the counts; less than nothing where they are taken back. */
  addAll(counts: Counts, factor: 1 | -1, session: ClientSession): Promise<void>;
}

export const capIndexes: IndexSpec[] = [{ collection: 'claimCaps', indexes: [] }];

export function createCapStore(db: Db): CapStore {
  const caps = db.collection<CapDocument>('claimCaps');

  return {
    findAll: async (ids, session) => {
      const found = await caps.find({ _id: { $in: [...ids] } }, session && { session }).toArray();
      return new Map(found.map(({ _id, count }) => [_id, count]));
    },
    addAll: async (counts, factor, session) => {
      await caps.bulkWrite(
        [...counts].map(([id, count]) => ({
          updateOne: { filter: { _id: id }, update: { $inc: { count: factor * count } }, upsert: true },
        })),
        { session, ordered: false },
      );
    },
  };
}
