import { randomUUID } from 'node:crypto';
import type { ClientSession, Db, ObjectId } from 'mongodb';
import { createQueueHead } from 'service-kit/mongo';
import type { IndexSpec } from 'service-kit/service';
import type { ClaimPrompt } from '../../participation/progress/count-progress.ts';

interface PromptDocument extends ClaimPrompt {
  _id: ObjectId;
  /** When it is to be looked at; later than now while somebody does. */
  lookAt: Date;
  takenBy?: string;
}

export type TakenPrompt = ClaimPrompt & { id: ObjectId };

/**
 * One document each time something was counted, which nobody ever changes but who looks at it: so what is counted
 * never meets what claims.
 */
export interface ClaimPromptStore {
  insertAll(prompts: readonly ClaimPrompt[], session: ClientSession): Promise<void>;
  /** Takes prompts whose time has come, the oldest first. Those that are not removed come again at `until`. */
  take(limit: number, times: { now: Date; until: Date }): Promise<TakenPrompt[]>;
  removeAll(prompts: readonly TakenPrompt[]): Promise<void>;
}

export const claimPromptIndexes: IndexSpec[] = [
  { collection: 'claimPrompts', indexes: [{ key: { lookAt: 1 } }] },
];

export function createClaimPromptStore(db: Db): ClaimPromptStore {
  const prompts = db.collection<Omit<PromptDocument, '_id'>>('claimPrompts');
  const queue = createQueueHead();

  return {
    insertAll: async (made, session) => {
      const documents = made.map((prompt) => ({ ...prompt, lookAt: prompt.at }));
      await prompts.insertMany(documents, { session, ordered: false });
    },
    take: async (limit, { now, until }) => {
      const due = await queue.findDue(
        now,
        (from) =>
          prompts
            .find({ lookAt: { $gte: from, $lte: now } }, { projection: { lookAt: 1 } })
            .sort({ lookAt: 1 })
            .limit(limit)
            .toArray(),
        ({ lookAt }) => lookAt,
      );
      if (due.length === 0) return [];
      const ids = { $in: due.map(({ _id }) => _id) };
      const takenBy = randomUUID();
      await prompts.updateMany(
        { _id: ids, lookAt: { $lte: now } },
        { $set: { lookAt: until, takenBy } },
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
