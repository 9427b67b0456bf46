import { ObjectId, type ClientSession, type Db } from 'mongodb';

/** The messages that one transaction has handled. One row for a batch costs far less than a row for each message. */
interface InboxRow {
  _id: ObjectId;
  /** `<queue>:<message id>`; unique over all rows. */
  messages: string[];
  at: Date;
}

export interface Inbox {
  /** @returns which of these messages this queue's consumer has handled before */
  known(queue: string, messageIds: readonly string[], session: ClientSession): Promise<Set<string>>;
  /** Records messages as handled, in the transaction of their effect. */
  record(queue: string, messageIds: readonly string[], session: ClientSession): Promise<void>;
  ensureIndexes(): Promise<void>;
}

/**
 * Deduplicates messages: the ids of handled messages are written in the transaction of their effect, and kept for longer
 * than a dead letter can be replayed.
 *
 * @param retentionMs how long ids are kept, in milliseconds (`INBOX_RETENTION`)
 */
export function createInbox(db: Db, retentionMs: number): Inbox {
  const rows = db.collection<InboxRow>('inbox');
  const keyOf = (queue: string, messageId: string): string => `${queue}:${messageId}`;

  return {
    known: async (queue, messageIds, session) => {
      const keys = messageIds.map((messageId) => keyOf(queue, messageId));
      const found = await rows
        .find({ messages: { $in: keys } }, { session, projection: { _id: 0, messages: 1 } })
        .toArray();
      const handled = new Set(found.flatMap(({ messages }) => messages));
      return new Set(messageIds.filter((messageId) => handled.has(keyOf(queue, messageId))));
    },
    record: async (queue, messageIds, session) => {
      const messages = messageIds.map((messageId) => keyOf(queue, messageId));
      await rows.insertOne({ _id: new ObjectId(), messages, at: new Date() }, { session });
    },
    ensureIndexes: async () => {
      await rows.createIndex({ messages: 1 }, { unique: true, name: 'once' });
      const seconds = Math.ceil(retentionMs / 1_000);
      await rows.createIndex({ at: 1 }, { expireAfterSeconds: seconds, name: 'forget' }).catch(async () => {
        // The index exists with another retention, which can be changed in place.
        await db.command({ collMod: 'inbox', index: { name: 'forget', expireAfterSeconds: seconds } });
      });
    },
  };
}
