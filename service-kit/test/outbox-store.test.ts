import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createOutboxStore } from '../src/messaging/outbox-store.ts';
import { outboxCollection, type OutboxRow } from '../src/messaging/outbox.ts';
import { openDatabase, type TestDatabase } from './servers.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await openDatabase();
});
afterEach(() => database.drop());

const row = (id: number, messages: number): OutboxRow => ({
  _id: String(id),
  messages: Array.from({ length: messages }, (_, index) => ({
    id: `${id}-${index}`,
    type: 'test.happened.v1',
    exchange: 'exchange',
    routingKey: 'happened',
    mandatory: true,
    content: '{}',
  })),
  createdAt: new Date(0),
  availableAt: new Date(id),
  lease: null,
  attempts: 0,
});

describe('outbox store', () => {
  it('leases about a batch of messages at a time, and each row once', async () => {
    const small = Array.from({ length: 300 }, (_, index) => row(index, 1));
    const large = Array.from({ length: 4 }, (_, index) => row(1_000 + index, 100));
    await outboxCollection(database.db).insertMany([...small, ...large]);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: Date.now });
    const leased: OutboxRow[][] = [];
    do leased.push(await store.leaseDue());
    while (leased.at(-1)?.length !== 0);
    await store.stop();

    expect(leased.map((rows) => rows.length)).toEqual([1, 100, 100, 100, 3, 0]);
    expect(new Set(leased.flat().map(({ _id }) => _id)).size).toBe(304);
  });

  it('reads few rows when each holds many messages', async () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(index, 50));
    await outboxCollection(database.db).insertMany(rows);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: Date.now });
    const sizes = [await store.leaseDue(), await store.leaseDue(), await store.leaseDue()];
    await store.stop();
    expect(sizes.map((leased) => leased.length)).toEqual([1, 2, 2]);
  });

  it('leases a row that was inserted late, after later rows were read', async () => {
    const start = Date.now();
    const collection = outboxCollection(database.db);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: () => start });
    expect(await store.leaseDue()).toEqual([]);
    await collection.insertOne({ ...row(1, 1), availableAt: new Date(start - 2_000) });
    expect(await store.leaseDue()).toHaveLength(1);
    await collection.insertOne({ ...row(2, 1), availableAt: new Date(start - 3_600_000) });
    await expect.poll(() => store.leaseDue(), { timeout: 15_000, interval: 500 }).toHaveLength(1);
    await store.stop();
  });

  it('deletes few rows one by one, without walking over deleted ones', async () => {
    const rows = Array.from({ length: 3 }, (_, index) => row(index, 1));
    await outboxCollection(database.db).insertMany(rows);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: Date.now });
    await database.db.setProfilingLevel('all');
    await Promise.all(rows.map(({ _id }) => store.delete(_id)));
    await database.db.setProfilingLevel('off');
    await store.stop();
    const profile = database.db.collection('system.profile');
    const plans = await profile.find({ op: 'remove' }).toArray();
    expect(plans.map(({ planSummary, ndeleted }) => [planSummary, ndeleted])).toEqual(
      rows.map(() => ['IDHACK', 1]),
    );
    expect(await outboxCollection(database.db).countDocuments()).toBe(0);
  });

  it('deletes many rows together', async () => {
    const rows = Array.from({ length: 120 }, (_, index) => row(index, 1));
    await outboxCollection(database.db).insertMany(rows);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: Date.now });
    await database.db.setProfilingLevel('all');
    await Promise.all(rows.map(({ _id }) => store.delete(_id)));
    await database.db.setProfilingLevel('off');
    await store.stop();
    const deletions = await database.db.collection('system.profile').find({ op: 'remove' }).toArray();
    expect(deletions.map(({ ndeleted }) => ndeleted)).toEqual([120]);
    expect(await outboxCollection(database.db).countDocuments()).toBe(0);
  });
});
