import type { ClientSession, Db } from 'mongodb';
import type { Day } from '../calendar/calendar.ts';
import { ensureCollection } from '../ensure-collection.ts';
import type { CounterChange } from './decide-rebuild.ts';
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
  /** Puts counters in the place of others. */
  replaceAll(changes: readonly CounterChange[], session: ClientSession): Promise<void>;
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
        [...byProgress(additions)].map(([_id, { eventId, accountId, increments }]) => ({
          updateOne: {
            filter: { _id },
            update: { $setOnInsert: { eventId, accountId }, $inc: increments },
            upsert: true,
          },
        })),
        { session, ordered: false },
      );
    },
    replaceAll: async (changes, session) => {
      await progress.bulkWrite(
        changes.map(({ eventId, accountId, counterKey, counter }) => {
          const field = `counters.${counterKey}`;
          const change = counter ? { $set: { [field]: counter } } : { $unset: { [field]: true as const } };
          return {
            updateOne: {
              filter: { _id: progressIdOf(eventId, accountId) },
              update: { $setOnInsert: { eventId, accountId }, ...change },
              upsert: true,
            },
          };
        }),
        { session, ordered: false },
      );
    },
    ensureIndexes: () => ensureCollection(db, 'progress'),
  };
}

interface Increments {
  eventId: string;
  accountId: string;
  /** By field. */
  increments: Record<string, number>;
}

/** What is added to each document, which is written once however much it is. */
function byProgress(additions: readonly Addition[]): Map<string, Increments> {
  const all = new Map<string, Increments>();
  for (const { eventId, accountId, counterKey, day, value } of additions) {
    const id = progressIdOf(eventId, accountId);
    const found = all.get(id) ?? { eventId, accountId, increments: {} };
    for (const field of [`counters.${counterKey}.total`, `counters.${counterKey}.days.${day}`])
      found.increments[field] = (found.increments[field] ?? 0) + value;
    all.set(id, found);
  }
  return all;
}
