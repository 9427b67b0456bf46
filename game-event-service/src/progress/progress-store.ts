import type { ClientSession, Db } from 'mongodb';
import type { Day } from '../calendar/calendar.ts';
import { ensureCollection } from '../ensure-collection.ts';
import { progressIdOf, type Progress } from './progress.ts';

interface ProgressDocument extends Progress {
  /** {@link progressIdOf} */
  _id: string;
}

/** Something to be added to a counter. */
export interface Addition {
  eventId: string;
  accountId: string;
  counterKey: string;
  day: Day;
  value: number;
}

export interface ProgressStore {
  /** @returns what is known, by {@link progressIdOf} */
  findAll(ids: readonly string[], session?: ClientSession): Promise<Map<string, Progress>>;
  addAll(additions: readonly Addition[], session: ClientSession): Promise<void>;
  ensureIndexes(): Promise<void>;
}

export function createProgressStore(db: Db): ProgressStore {
  const progress = db.collection<ProgressDocument>('progress');

  return {
    findAll: async (ids, session) => {
      const found = await progress.find({ _id: { $in: [...ids] } }, session && { session }).toArray();
      return new Map(found.map(({ _id, ...each }) => [_id, each]));
    },
    addAll: async (additions, session) => {
      await progress.bulkWrite(
        additions.map(({ eventId, accountId, counterKey, day, value }) => ({
          updateOne: {
            filter: { _id: progressIdOf(eventId, accountId) },
            update: {
              $setOnInsert: { eventId, accountId },
              $inc: {
                [`counters.${counterKey}.total`]: value,
                [`counters.${counterKey}.days.${day}`]: value,
              },
            },
            upsert: true,
          },
        })),
        { session, ordered: false },
      );
    },
    ensureIndexes: () => ensureCollection(db, 'progress'),
  };
}
