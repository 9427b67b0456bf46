import type { ClientSession, Db } from 'mongodb';

/** Tells which events change, beginning with its making. */
export interface EventFeed {
  /** A majority read with this session is no older than the feed. */
  session: ClientSession;
  /** @returns the id of an event that has changed; undefined when there was none for a moment */
  next(): Promise<string | undefined>;
  close(): Promise<void>;
}

export type FollowEvents = () => Promise<EventFeed>;

/** How long the database waits for a change before it says that there was none, in milliseconds. */
const WAIT_MS = 250;

/**
 * Opens a change stream that begins at a time of its session. Majority reads with that session wait for everything
 * before that time, so that between them and the stream nothing is missed.
 */
export function followEvents(db: Db): FollowEvents {
  return async () => {
    const session = db.client.startSession({ causalConsistency: true });
    await db.command({ ping: 1 }, { session }).catch(async (error: unknown) => {
      await session.endSession();
      throw error;
    });
    const stream = db
      .collection<{ _id: string }>('events')
      .watch<{ _id: string }, { documentKey: { _id: string } }>([{ $project: { documentKey: 1 } }], {
        ...(session.operationTime && { startAtOperationTime: session.operationTime }),
        maxAwaitTimeMS: WAIT_MS,
      });
    return {
      session,
      next: async () => (await stream.tryNext())?.documentKey._id,
      close: async () => {
        await stream.close();
        await session.endSession();
      },
    };
  };
}
