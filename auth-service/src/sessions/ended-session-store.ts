import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';

interface EndedSessionsDocument {
  /** The account. */
  _id: string;
  before: number;
}

/** The sessions of an account from before an epoch, which are dead. */
export interface EndedSessions {
  accountId: string;
  before: number;
}

/** Accounts whose dead sessions must be removed. */
export interface EndedSessionStore {
  add(ended: EndedSessions, transaction: ClientSession): Promise<void>;
  due(limit: number): Promise<EndedSessions[]>;
  /** Forgets what is done, unless more has ended meanwhile. */
  done(ended: EndedSessions): Promise<void>;
}

export const endedSessionIndexes: IndexSpec[] = [{ collection: 'endedSessions', indexes: [] }];

export function createEndedSessionStore(db: Db): EndedSessionStore {
  const ended = db.collection<EndedSessionsDocument>('endedSessions');

  return {
    add: async ({ accountId, before }, transaction) => {
      const update = { $max: { before } };
      await ended.updateOne({ _id: accountId }, update, { session: transaction, upsert: true });
    },
    due: async (limit) => {
      const found = await ended.find().limit(limit).toArray();
      return found.map(({ _id, before }) => ({ accountId: _id, before }));
    },
    done: async ({ accountId, before }) => {
      await ended.deleteOne({ _id: accountId, before });
    },
  };
}
