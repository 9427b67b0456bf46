import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { Day } from '../../catalog/calendar/calendar.ts';
import { progressIdOf, type CounterChange, type Progress } from './progress.ts';

interface ProgressDocument extends Progress {
  /** {@link progressIdOf} */
  _id: string;
  /** Once the event's condition was met. */
  eligible?: true;
}

/** Whose progress it is, in which event. */
export type ProgressKey = Pick<Progress, 'eventId' | 'accountId'>;

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
  /** @returns what was not there before */
  addAll(additions: readonly Addition[], session: ClientSession): Promise<ProgressKey[]>;
  /**
   * Replaces counters.
   *
   * @returns the counters that did not exist before
   */
  replaceAll(changes: readonly CounterChange[], session: ClientSession): Promise<ProgressKey[]>;
  /** All that is known in an event, by account. */
  everyoneIn(eventId: string, maxTimeMs: number): AsyncIterable<Progress>;
  /** Those of these that are not marked as eligible. */
  notEligible(ids: readonly string[], session: ClientSession): Promise<Progress[]>;
  markEligible(keys: readonly ProgressKey[], session: ClientSession): Promise<void>;
  /**
   * Makes sure that every participant has progress, and marks it as eligible where the caller says so.
   *
   * @returns the progress that is new, and the progress that is newly marked
   */
  takePart(
    keys: readonly (ProgressKey & { eligible: boolean })[],
    session: ClientSession,
  ): Promise<{ newcomers: ProgressKey[]; eligible: ProgressKey[] }>;
}

export const progressIndexes: IndexSpec[] = [{ collection: 'progress', indexes: [] }];

export function createProgressStore(db: Db): ProgressStore {
  const progress = db.collection<ProgressDocument>('progress');

  return {
    findAll: async (ids, session) => {
      const found = await progress.find({ _id: { $in: [...ids] } }, session && { session }).toArray();
      return new Map(found.map(({ _id, ...each }) => [_id, each]));
    },
    addAll: async (additions, session) => {
      const written = [...byProgress(additions)];
      const { upsertedIds } = await progress.bulkWrite(
        written.map(([_id, { eventId, accountId, increments }]) => ({
          updateOne: {
            filter: { _id },
            update: { $setOnInsert: { eventId, accountId }, $inc: increments },
            upsert: true,
          },
        })),
        { session, ordered: false },
      );
      return Object.keys(upsertedIds).flatMap((index) => written[Number(index)]?.[1] ?? []);
    },
    replaceAll: async (changes, session) => {
      const { upsertedIds } = await progress.bulkWrite(
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
      return Object.keys(upsertedIds).flatMap((index) => changes[Number(index)] ?? []);
    },
    everyoneIn: (eventId, maxTimeMS) =>
      // Their ids begin with the event's, and go on with the account's.
      progress.find({ _id: { $gte: `${eventId}:`, $lt: `${eventId};` } }, { maxTimeMS }).sort({ _id: 1 }),
    notEligible: async (ids, session) => {
      const filter = { _id: { $in: [...ids] }, eligible: { $exists: false } };
      return progress.find(filter, { session }).toArray();
    },
    markEligible: async (keys, session) => {
      const filter = { _id: { $in: keys.map(({ eventId, accountId }) => progressIdOf(eventId, accountId)) } };
      await progress.updateMany(filter, { $set: { eligible: true } }, { session });
    },
    takePart: async (keys, session) => {
      const wanted = new Map(keys.map((key) => [progressIdOf(key.eventId, key.accountId), key]));
      const known = await progress
        .find({ _id: { $in: [...wanted.keys()] } }, { session, projection: { eligible: 1 } })
        .toArray();
      const marks = new Map(known.map(({ _id, eligible }) => [_id, eligible]));
      const newcomers = [...wanted].filter(([id]) => !marks.has(id));
      const eligible = [...wanted].filter(([id, key]) => key.eligible && !marks.get(id));
      const marked = eligible.flatMap(([id]) => (marks.has(id) ? [id] : []));
      if (newcomers.length > 0) {
        await progress.insertMany(
          newcomers.map(([_id, { eventId, accountId, eligible: isEligible }]) => ({
            _id,
            eventId,
            accountId,
            counters: {},
            ...(isEligible && { eligible: true as const }),
          })),
          { session, ordered: false },
        );
      }
      if (marked.length > 0)
        await progress.updateMany({ _id: { $in: marked } }, { $set: { eligible: true } }, { session });
      return { newcomers: newcomers.map(([, key]) => key), eligible: eligible.map(([, key]) => key) };
    },
  };
}

interface Increments {
  eventId: string;
  accountId: string;
  /** By field. */
  increments: Record<string, number>;
}

/** The additions to each document, which is written once however many there are. */
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
