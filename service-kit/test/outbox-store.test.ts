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
  it('leases about a batch of messages at a time, however many a row holds, and each row once', async () => {
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

  it('reads few rows where each holds many messages', async () => {
    const rows = Array.from({ length: 6 }, (_, index) => row(index, 50));
    await outboxCollection(database.db).insertMany(rows);
    const store = createOutboxStore({ db: database.db, batch: 100, leaseMs: 60_000, now: Date.now });
    const sizes = [await store.leaseDue(), await store.leaseDue(), await store.leaseDue()];
    await store.stop();
    expect(sizes.map((leased) => leased.length)).toEqual([1, 2, 2]);
  });
});
