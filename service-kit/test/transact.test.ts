import { MongoServerError } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createTransact,
  isDuplicateKey,
  isStoreUnavailable,
  StoreTimeoutError,
  type Transact,
} from '../src/mongo/index.ts';
import { openDatabase, recordingLogger, type TestDatabase } from './servers.ts';

let database: TestDatabase;
let transact: Transact<string>;
const written: string[] = [];
const handedOver: string[] = [];
const { logger, lines } = recordingLogger();

beforeAll(async () => {
  database = await openDatabase();
  transact = createTransact<string, string>({
    client: database.client,
    logger,
    timeoutMs: 3_000,
    outbox: {
      insert: async (messages, session) => {
        await database.db.collection('sent').insertMany(
          messages.map((text) => ({ text })),
          { session },
        );
        written.push(...messages);
        return [...messages];
      },
      committed: (rows) => void handedOver.push(...rows),
    },
  });
});

afterAll(() => database.drop());

/** A write conflict, as the driver throws it. */
const conflict = (): Error =>
  Object.assign(new MongoServerError({ message: 'conflict', code: 112 }), {
    hasErrorLabel: (label: string) => label === 'TransientTransactionError',
  });

describe('createTransact', () => {
  it('commits state and messages together, and only then sends messages and runs actions', async () => {
    const items = database.db.collection('items');
    let acted = false;
    const result = await transact(async (tx) => {
      await items.insertOne({ n: 1 }, { session: tx.session });
      tx.emit('one');
      tx.afterCommit(() => {
        acted = true;
      });
      expect(handedOver).toEqual([]);
      return 'done';
    });
    expect(result).toBe('done');
    expect(await items.countDocuments({ n: 1 })).toBe(1);
    expect(handedOver).toEqual(['one']);
    await expect.poll(() => acted).toBe(true);
  });

  it('leaves nothing behind when the work throws', async () => {
    const items = database.db.collection('items');
    const work = transact(async (tx) => {
      await items.insertOne({ n: 2 }, { session: tx.session });
      tx.emit('two');
      throw new Error('changed my mind');
    });
    await expect(work).rejects.toThrow('changed my mind');
    expect(await items.countDocuments({ n: 2 })).toBe(0);
    expect(await database.db.collection('sent').countDocuments({ text: 'two' })).toBe(0);
  });

  it('repeats the whole work when another writer was faster, and sends its messages once', async () => {
    const counters = database.db.collection<{ _id: string; n: number }>('counters');
    await counters.insertOne({ _id: 'hot', n: 0 });
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        transact(async (tx) => {
          const before = await counters.findOne({ _id: 'hot' }, { session: tx.session });
          await counters.updateOne(
            { _id: 'hot' },
            { $set: { n: (before?.n ?? 0) + 1 } },
            { session: tx.session },
          );
          tx.emit(`hot ${index}`);
        }),
      ),
    );
    expect((await counters.findOne({ _id: 'hot' }))?.n).toBe(8);
    expect(await database.db.collection('sent').countDocuments({ text: /^hot/ })).toBe(8);
    expect(handedOver.filter((text) => text.startsWith('hot'))).toHaveLength(8);
  });

  it('does not repeat work that cannot succeed', async () => {
    const items = database.db.collection<{ _id: string }>('keys');
    await items.insertOne({ _id: 'taken' });
    let attempts = 0;
    const work = transact(async (tx) => {
      attempts += 1;
      await items.insertOne({ _id: 'taken' }, { session: tx.session });
    });
    await expect(work).rejects.toSatisfy(isDuplicateKey);
    expect(attempts).toBe(1);
  });

  it('repeats work after a duplicate key, if asked to, and then sees the document', async () => {
    const items = database.db.collection<{ _id: string }>('keys');
    let attempts = 0;
    const result = await transact(
      async (tx) => {
        attempts += 1;
        const found = await items.findOne({ _id: 'fresh' }, { session: tx.session });
        if (found) return 'found';
        await items.insertOne({ _id: 'fresh' });
        await items.insertOne({ _id: 'fresh' }, { session: tx.session });
        return 'inserted';
      },
      { retryOnDuplicateKey: true },
    );
    expect([result, attempts]).toEqual(['found', 2]);
  });

  it('repeats work with a permanent duplicate key twice, and then throws the error', async () => {
    const items = database.db.collection<{ _id: string }>('keys');
    await items.insertOne({ _id: 'always' });
    let attempts = 0;
    const work = transact(
      async (tx) => {
        attempts += 1;
        await items.insertMany([{ _id: 'always' }], { session: tx.session, ordered: false });
      },
      { retryOnDuplicateKey: true },
    );
    await expect(work).rejects.toSatisfy((error) => isDuplicateKey(error) && !isStoreUnavailable(error));
    expect(attempts).toBe(3);
  });

  it('waits longer before each new attempt, up to a tenth of a second', async () => {
    const patient = createTransact<never, never>({
      client: database.client,
      outbox: { insert: async () => [], committed: () => undefined },
      logger,
      random: () => 1,
    });
    const begun: number[] = [];
    await patient(async () => {
      begun.push(performance.now());
      if (begun.length < 7) throw conflict();
    });
    const pauses = begun.slice(1).map((at, index) => at - (begun[index] ?? at));
    // A timer may be early by less than a millisecond.
    for (const [index, least] of [10, 20, 40, 80, 100, 100].entries())
      expect(pauses[index]).toBeGreaterThanOrEqual(least - 1);
  });

  it('gives up when conflicts last too long', async () => {
    const work = transact(async () => {
      throw conflict();
    });
    await expect(work).rejects.toBeInstanceOf(StoreTimeoutError);
  });

  it('logs a failure after the commit and keeps the result', async () => {
    const result = await transact(async (tx) => {
      tx.afterCommit(() => Promise.reject(new Error('too late to matter')));
      return 7;
    });
    expect(result).toBe(7);
    await expect
      .poll(() => lines.map(({ message }) => message))
      .toContain('An action after the commit failed');
  });
});
