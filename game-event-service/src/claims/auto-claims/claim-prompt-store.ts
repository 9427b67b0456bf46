import { randomUUID } from 'node:crypto';
import type { ClientSession, Db, ObjectId } from 'mongodb';
import { documentLease } from 'service-kit/mongo';
import type { IndexSpec } from 'service-kit/service';
import type { ClaimPrompt } from '../../participation/progress/count-progress.ts';

interface PromptDocument extends ClaimPrompt {
  _id: ObjectId;
  /** When it is due. An instance that takes it moves this time on. */
  lookAt: Date;
  takenBy?: string;
}

export type TakenPrompt = ClaimPrompt & { id: ObjectId };

/**
 * Prompts of automatic claims: one new document each time a counter has moved. Transactions that count only insert, and
 * the job that claims only changes what is there, so the two never conflict.
 */
export interface ClaimPromptStore {
  insertAll(prompts: readonly ClaimPrompt[], session: ClientSession): Promise<void>;
  /**
   * Takes prompts that are due, the oldest first. Those that are not removed are due again after the lease.
   *
   * @param lease.leaseMs in milliseconds
   */
  take(limit: number, lease: { now: Date; leaseMs: number }): Promise<TakenPrompt[]>;
  removeAll(prompts: readonly TakenPrompt[]): Promise<void>;
}

const FIELDS = { holder: 'takenBy', until: 'lookAt' };

export const claimPromptIndexes: IndexSpec[] = [
  { collection: 'claimPrompts', indexes: [{ key: { lookAt: 1 } }] },
];

export function createClaimPromptStore(db: Db): ClaimPromptStore {
  const prompts = db.collection<Omit<PromptDocument, '_id'>>('claimPrompts');

  return {
    insertAll: async (made, session) => {
      const documents = made.map((prompt) => ({ ...prompt, lookAt: prompt.at }));
      await prompts.insertMany(documents, { session, ordered: false });
    },
    take: async (limit, { now, leaseMs }) => {
      const due = await prompts
        .find({ lookAt: { $lte: now } }, { projection: { lookAt: 1 }, sort: { lookAt: 1 }, limit })
        .toArray();
      if (due.length === 0) return [];
      const ids = { $in: due.map(({ _id }) => _id) };
      const takenBy = randomUUID();
      const lease = documentLease(FIELDS, now);
      await prompts.updateMany(
        { _id: ids, $expr: lease.isFree },
        [{ $set: lease.held(takenBy, leaseMs) }],
        // Otherwise the planner may walk the index of everything that is due.
        { hint: { _id: 1 } },
      );
      const taken = await prompts.find({ _id: ids, takenBy }).toArray();
      return taken.map(({ _id, eventId, accountId, at }) => ({ id: _id, eventId, accountId, at }));
    },
    removeAll: async (done) => {
      await prompts.deleteMany({ _id: { $in: done.map(({ id }) => id) } });
    },
  };
}
