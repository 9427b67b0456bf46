import { randomUUID } from 'node:crypto';
import type { Db } from 'mongodb';
import { createGroupCommit, isStoreUnavailable } from '../mongo/index.ts';
import { outboxCollection, type OutboxMessage, type OutboxRow } from './outbox.ts';
import { createQueueHead } from './queue-head.ts';

export interface OutboxStoreOptions {
  db: Db;
  /** Messages leased at a time (`OUTBOX_BATCH`). */
  batch: number;
  /** How long a lease holds, in milliseconds (`OUTBOX_LEASE_MS`). */
  leaseMs: number;
  /** Current time in Unix milliseconds. */
  now: () => number;
}

/** What of a row could not be sent, and when to try again. */
export interface Release {
  id: string;
  messages: OutboxMessage[];
  availableAt: Date;
}

export interface OutboxStore {
  ensureIndexes(): Promise<void>;
  /** @returns rows that are due and from now on leased by the caller, as many as hold a batch of messages */
  leaseDue(): Promise<OutboxRow[]>;
  /** Gives a row up: from `availableAt` on any relay may have it. */
  release(release: Release): Promise<void>;
  /** Forgets a row whose messages the broker has confirmed. */
  delete(id: string): Promise<void>;
  /** Age of the oldest row in milliseconds (0 when there is none), and how many rows wait. */
  backlog(): Promise<{ ageMs: number; rows: number }>;
  /** Waits for what is still being written. */
  stop(): Promise<void>;
}

/** So many rows are deleted for less together than one by one. */
const MANY_ROWS = 50;

/** The outbox as its relay sees it: rows under leases. What is released or deleted at once shares one write. */
export function createOutboxStore({ db, batch, leaseMs, now }: OutboxStoreOptions): OutboxStore {
  const rows = outboxCollection(db);
  // Begins with the least rows: too few cost a turn, too many could be millions of messages.
  let messagesPerRow = batch;
  const head = createQueueHead();

  const deletions = createGroupCommit<string, undefined>({
    name: 'outbox deletions',
    maxBatch: 1_000,
    maxQueued: Infinity,
    isUnavailable: isStoreUnavailable,
    run: async (ids) => {
      await deleteAll(ids);
      return ids.map(() => undefined);
    },
  });
  const releases = createGroupCommit<Release, undefined>({
    name: 'outbox releases',
    maxQueued: Infinity,
    isUnavailable: isStoreUnavailable,
    run: async (items) => {
      await rows.bulkWrite(
        items.map(({ id, messages, availableAt }) => ({
          updateOne: {
            filter: { _id: id },
            update: { $set: { messages, availableAt, lease: null }, $inc: { attempts: 1 } },
          },
        })),
        { ordered: false },
      );
      return items.map(() => undefined);
    },
  });

  /**
   * After each row that it deletes out of several, MongoDB looks for the next one. At the end of an outbox that is kept
   * empty there is none, and it walks over all that were deleted in minutes; a row that is named alone has no next.
   */
  async function deleteAll(ids: readonly string[]): Promise<void> {
    if (ids.length >= MANY_ROWS) await rows.deleteMany({ _id: { $in: [...ids] } });
    else
      await rows.bulkWrite(
        ids.map((id) => ({ deleteOne: { filter: { _id: id } } })),
        { ordered: false },
      );
  }

  async function leaseDue(): Promise<OutboxRow[]> {
    const time = new Date(now());
    const found = await head.findDue(
      time,
      (from) => dueRows(from, time),
      (row) => row.availableAt,
    );
    if (found.length === 0) return [];
    const ids = found.map(({ _id }) => _id);
    const lease = randomUUID();
    const availableAt = new Date(now() + leaseMs);
    // Without the hint the planner may walk the index of everything that is due.
    const taken = await rows.updateMany(
      { _id: { $in: ids }, availableAt: { $lte: time } },
      { $set: { lease, availableAt } },
      { hint: { _id: 1 } },
    );
    if (taken.modifiedCount === found.length) return found;
    return await rows.find({ _id: { $in: ids }, lease }).toArray();
  }

  /**
   * About a batch of messages. How many rows that is shows only when they are read, so it goes by those read
   * before: reading many large rows and leaving most of them would cost more than sending.
   */
  async function dueRows(from: Date, time: Date): Promise<OutboxRow[]> {
    const limit = Math.max(1, Math.round(batch / messagesPerRow));
    const due = { availableAt: { $gte: from, $lte: time } };
    const found = await rows.find(due).sort({ availableAt: 1 }).limit(limit).toArray();
    const messages = found.reduce((sum, row) => sum + row.messages.length, 0);
    if (found.length > 0) messagesPerRow = messages / found.length;
    return found;
  }

  return {
    ensureIndexes: async () => void (await rows.createIndex({ availableAt: 1 })),
    leaseDue,
    release: (release) => releases.submit(release),
    delete: (id) => deletions.submit(id),
    backlog: async () => {
      const oldest = await rows
        .find({}, { projection: { createdAt: 1 } })
        .sort({ _id: 1 })
        .limit(1)
        .next();
      if (!oldest) return { ageMs: 0, rows: 0 };
      const count = await rows.estimatedDocumentCount();
      return { ageMs: Math.max(0, now() - oldest.createdAt.getTime()), rows: count };
    },
    stop: async () => void (await Promise.all([deletions.stop(), releases.stop()])),
  };
}
