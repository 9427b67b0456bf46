import { ObjectId, type ClientSession, type Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { RejectedItem } from './decide-activity.ts';

interface RejectedDocument extends Omit<RejectedItem, 'json'> {
  _id: ObjectId;
  /** JSON, because what was sent need not be anything that MongoDB can store. */
  item: string;
  at: Date;
  expiresAt: Date;
}

export interface RejectedActivityStore {
  /** Keeps items that do not count, so that a game server's developers can see why. */
  insertAll(
    items: readonly RejectedItem[],
    times: { at: Date; expiresAt: Date },
    session: ClientSession,
  ): Promise<void>;
}

const LONGEST_ITEM = 8_192;

export const rejectedActivityIndexes: IndexSpec[] = [
  {
    collection: 'rejectedActivity',
    indexes: [{ key: { client: 1, at: -1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  },
];

export function createRejectedActivityStore(db: Db): RejectedActivityStore {
  const rejected = db.collection<RejectedDocument>('rejectedActivity');

  return {
    insertAll: async (items, times, session) => {
      const documents = items.map(({ json, ...fields }) => ({
        _id: new ObjectId(),
        ...fields,
        item: JSON.stringify(json).slice(0, LONGEST_ITEM),
        ...times,
      }));
      await rejected.insertMany(documents, { session, ordered: false });
    },
  };
}
