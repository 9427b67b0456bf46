import type { ClientSession, Db } from 'mongodb';

interface InboxRow {
  /** `<queue>:<message id>` */
  _id: string;
  at: Date;
}

export interface Inbox {
  /** @returns which of these messages this queue's consumer has handled before */
  known(queue: string, messageIds: readonly string[], session: ClientSession): Promise<Set<string>>;
  /** Remembers messages as handled, in the transaction of their effect. */
  record(queue: string, messageIds: readonly string[], session: ClientSession): Promise<void>;
  /** Makes the index that forgets old rows. */
  ensureIndexes(): Promise<void>;
}

/**
 * What makes a redelivered message harmless: the ids of handled messages, written in the same transaction as
 * their effect, kept for longer than a dead letter can be replayed.
 *
 * @param retentionMs how long ids are kept, in milliseconds (`INBOX_RETENTION`)
 */
export function createInbox(db: Db, retentionMs: number): Inbox {
  const rows = db.collection<InboxRow>('inbox');
  const idOf = (queue: string, messageId: string): string => `${queue}:${messageId}`;

  return {
    known: async (queue, messageIds, session) => {
      const ids = messageIds.map((messageId) => idOf(queue, messageId));
      const found = await rows.find({ _id: { $in: ids } }, { session, projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id.slice(queue.length + 1)));
    },
    record: async (queue, messageIds, session) => {
      const at = new Date();
      await rows.insertMany(
        messageIds.map((messageId) => ({ _id: idOf(queue, messageId), at })),
        { session },
      );
    },
    ensureIndexes: async () => {
      const seconds = Math.ceil(retentionMs / 1_000);
      await rows.createIndex({ at: 1 }, { expireAfterSeconds: seconds, name: 'forget' }).catch(async () => {
        // The index exists with another retention: that one option can be changed in place.
        await db.command({ collMod: 'inbox', index: { name: 'forget', expireAfterSeconds: seconds } });
      });
    },
  };
}
