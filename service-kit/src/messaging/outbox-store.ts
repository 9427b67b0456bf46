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

/** The messages of a row that could not be sent, and when to try again. */
export interface Release {
  id: string;
  messages: OutboxMessage[];
  availableAt: Date;
}

export interface OutboxStore {
  ensureIndexes(): Promise<void>;
  /** @returns due rows that the caller now leases, with about a batch of messages */
  leaseDue(): Promise<OutboxRow[]>;
  /** Releases a row: any relay may lease it from `availableAt` on. */
  release(release: Release): Promise<void>;
  /** Deletes a row whose messages the broker has confirmed. */
  delete(id: string): Promise<void>;
  /** Age of the oldest row in milliseconds (0 when there is none), and how many rows wait. */
  backlog(): Promise<{ ageMs: number; rows: number }>;
  /** Waits for writes that are under way. */
  stop(): Promise<void>;
}

/** From this number on, one deletion of many rows costs less than one for each row. */
const MANY_ROWS = 50;

/**
 * The outbox as its relay sees it: rows under leases. Releases and deletions at the same time share one write.
 *
 * Leases end by the clock of the process, not of the database as {@link createLease} does: a fresh row is inserted under
 * its lease, and an insertion cannot read the clock of the database.
 */
export function createOutboxStore({ db, batch, leaseMs, now }: OutboxStoreOptions): OutboxStore {
  const rows = outboxCollection(db);
  // Begins with the fewest rows: too few cost one more turn, too many could be millions of messages.
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
   * In a deletion of several rows, MongoDB searches for the next row after each. In an empty outbox that search walks over
   * all rows deleted in the last minutes. A deletion by one id has no next row.
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
    // Without the hint the planner may walk the index of all due rows.
    const taken = await rows.updateMany(
      { _id: { $in: ids }, availableAt: { $lte: time } },
      { $set: { lease, availableAt } },
      { hint: { _id: 1 } },
    );
    if (taken.modifiedCount === found.length) return found;
    return await rows.find({ _id: { $in: ids }, lease }).toArray();
  }

  /**
   * Reads rows with about a batch of messages. It estimates the number of rows from those read before: reading many large
   * rows and leaving most of them would cost more than sending.
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
