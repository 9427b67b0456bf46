import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { MongoClient } from 'mongodb';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createMetrics } from '../src/admin/index.ts';
import type { Component } from '../src/lifecycle/index.ts';
import {
  createMessaging,
  deadQueueOf,
  type ConsumerTuning,
  type Messaging,
  type MessagingOptions,
  type Topology,
} from '../src/messaging/index.ts';
import {
  cuttableLink,
  openDatabase,
  recordingLogger,
  servers,
  unique,
  type TestDatabase,
} from './servers.ts';

const Happened = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });
type Happened = z.infer<typeof Happened>;
const eventually = { timeout: 15_000, interval: 50 };

let observer: ChannelModel;
let channel: Channel;
let database: TestDatabase;
let exchange: string;
let queue: string;
let started: Component[];
const { logger, lines } = recordingLogger();
const metrics = createMetrics('test');

const tuning: ConsumerTuning = {
  prefetch: 10,
  consumers: 1,
  batchSize: 1,
  batchLingerMs: 0,
  retryDelays: [],
  queueType: 'quorum',
  deliveryLimit: 20,
};

beforeAll(async () => {
  observer = await amqp.connect(servers.rabbitmq);
});
afterAll(() => observer.close());

beforeEach(async () => {
  channel = await observer.createChannel();
  database = await openDatabase();
  exchange = unique('exchange');
  queue = unique('queue');
  started = [];
  lines.length = 0;
});

afterEach(async () => {
  for (const component of started.toReversed()) await component.stop?.();
  await channel.deleteQueue(queue);
  await channel.deleteQueue(deadQueueOf(queue));
  await channel.deleteExchange(exchange);
  await channel.close();
  await database.drop();
});

const topology = (deliveryLimit = 20): Topology => ({
  exchanges: { [exchange]: { type: 'topic' } },
  queues: {
    [queue]: {
      bindings: [{ exchange, routingKey: 'happened' }],
      type: 'quorum',
      deliveryLimit,
      retryDelays: [],
    },
  },
});

async function startMessaging(more: Partial<MessagingOptions> = {}): Promise<Messaging> {
  const messaging = createMessaging({
    service: 'test',
    urls: [servers.rabbitmq],
    topology: topology(),
    client: database.client,
    db: database.db,
    outbox: { batch: 100, window: 200, leaseMs: 1_000 },
    inboxRetentionMs: 60_000,
    logger,
    metrics,
    ...more,
  });
  await start(messaging.component);
  return messaging;
}

async function start(component: Component): Promise<void> {
  await component.start?.();
  started.push(component);
}

function send(id: string, data: object): void {
  const event = { specversion: '1.0', id, source: 'test', type: 'test.happened.v1', data };
  channel.publish(exchange, 'happened', Buffer.from(JSON.stringify(event)), { messageId: id });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const ready = async (name: string): Promise<number> => (await channel.checkQueue(name)).messageCount;
const consumers = async (): Promise<number> => (await channel.checkQueue(queue)).consumerCount;

describe('a handler that does not end', () => {
  it('is reported in log, metric and readiness, while the other consumers of its queue go on', async () => {
    const messaging = await startMessaging({ stuckAfterMs: 200 });
    const stuck = Promise.withResolvers<void>();
    const handled: number[] = [];
    const consumer = messaging.consume<Happened>(
      {
        queue,
        schema: Happened,
        handleBatch: async (messages) => {
          if (messages.some(({ data }) => data.n === 0)) await stuck.promise;
          handled.push(...messages.map(({ data }) => data.n));
        },
      },
      { ...tuning, prefetch: 1, consumers: 2 },
    );
    await start(consumer);
    for (const n of upTo(30)) send(`m${n}`, { n });

    await expect.poll(() => handled.length, eventually).toBe(29);
    await expect.poll(() => messaging.trouble(), eventually).toMatch(`a handler of ${queue} has worked on`);
    await expect
      .poll(() => lines, eventually)
      .toContainEqual(expect.objectContaining({ level: 'error', message: 'Handler stuck', queue }));
    const seconds = async (): Promise<number> => {
      const shown = await metrics.metrics();
      return Number(new RegExp(`messages_longest_batch_seconds.*${queue}.* ([\\d.]+)`).exec(shown)?.[1]);
    };
    await expect.poll(seconds, eventually).toBeGreaterThan(0.2);

    // A change opens new consumers. The stuck one still drains, and is still reported.
    consumer.change({ batchSize: 2 });
    expect(await messaging.trouble()).toMatch(queue);
    stuck.resolve();
    await expect.poll(() => messaging.trouble(), eventually).toBeUndefined();
    await expect.poll(seconds, eventually).toBe(0);
    expect(handled.toSorted((a, b) => a - b)).toEqual(upTo(30));
    expect(lines.filter(({ message }) => String(message).includes('Handler stuck'))).toHaveLength(1);
  });
});

describe('while MongoDB is unavailable for long', () => {
  it('deliveries are given back and none is taken; the outage counts at most once towards their limit', async () => {
    const link = await cuttableLink(servers.mongodb);
    const url = new URL(link.url);
    url.searchParams.delete('replicaSet');
    url.searchParams.set('directConnection', 'true');
    url.searchParams.set('serverSelectionTimeoutMS', '300');
    const client = new MongoClient(url.href, { ignoreUndefined: true });
    // With a limit of one, a second count would dead-letter them.
    const messaging = await startMessaging({
      client,
      db: client.db(database.db.databaseName),
      topology: topology(1),
      giveBackAfterMs: 500,
    });
    await channel.checkQueue(queue);
    let tries = 0;
    const consumer = messaging.consume<Happened>(
      {
        queue,
        schema: Happened,
        handleBatch: async (messages, tx) => {
          tries += 1;
          const handled = client.db(database.db.databaseName).collection<{ n: number }>('handled');
          await handled.insertMany(
            messages.map(({ data }) => ({ n: data.n })),
            { session: tx.session },
          );
        },
      },
      { ...tuning, deliveryLimit: 1 },
    );
    await start(consumer);
    await expect.poll(consumers, eventually).toBe(1);

    link.breakOff();
    for (const n of upTo(10)) send(`m${n}`, { n });
    await expect.poll(async () => [await ready(queue), await consumers()], eventually).toEqual([10, 0]);
    expect(lines).toContainEqual(
      expect.objectContaining({ message: 'Batch not finished; it will be delivered again' }),
    );
    link.mend();
    const handled = async (): Promise<number[]> => {
      const rows = await database.db.collection('handled').find().toArray();
      return rows.map((row) => Number(row['n'])).toSorted((a, b) => a - b);
    };
    await expect.poll(handled, eventually).toEqual(upTo(10));
    expect(tries).toBe(10);
    expect(await ready(deadQueueOf(queue))).toBe(0);
    for (const component of started.splice(0).toReversed()) await component.stop?.();
    await client.close();
    await link.close();
  });
});

describe('a message that kills its consumer', () => {
  it('is dead-lettered at the delivery limit, and later messages are handled', async () => {
    const messaging = await startMessaging({ topology: topology(2) });
    send('deadly', { n: 0, deadly: true });
    for (const n of [1, 2, 3]) send(`m${n}`, { n, deadly: false });
    await expect.poll(() => ready(queue), eventually).toBe(4);
    expect(await messaging.trouble()).toBeUndefined();

    const given = {
      mongodb: servers.mongodb,
      database: database.db.databaseName,
      rabbitmq: servers.rabbitmq,
    };
    const run = () =>
      fork(new URL('fixtures/killed-consumer.ts', import.meta.url), [
        JSON.stringify({ ...given, queue }),
        JSON.stringify(topology(2)),
      ]);
    for (const _ of upTo(3)) {
      const [, signal] = (await once(run(), 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
    }
    const survivor = run();
    const handled = () => database.db.collection('handled').countDocuments();
    await expect.poll(handled, eventually).toBe(3);
    await expect.poll(() => ready(deadQueueOf(queue)), eventually).toBe(1);
    survivor.kill('SIGKILL');
    await once(survivor, 'exit');
    // MongoDB would keep the transactions of the killed process open for a minute, and block dropping the database.
    await database.client.db('admin').command({ killAllSessions: [] });
    const dead = await channel.get(deadQueueOf(queue), { noAck: true });
    expect(dead && dead.properties).toMatchObject({
      messageId: 'deadly',
      headers: { 'x-death': [expect.objectContaining({ queue, reason: 'delivery_limit' })] },
    });
  }, 90_000);
});

describe('readiness', () => {
  it('is degraded only while a message of the outbox is older than half a minute', async () => {
    const messaging = await startMessaging();
    await messaging.transact(async (tx) =>
      tx.emit({ type: 'test.happened.v1', exchange, routingKey: 'nobody-listens', data: { n: 1 } }),
    );
    const rows = database.db.collection('outbox');
    await expect.poll(() => rows.countDocuments({ attempts: { $gt: 0 } }), eventually).toBe(1);
    expect(await messaging.trouble()).toBeUndefined();
    await rows.updateMany({}, { $set: { createdAt: new Date(Date.now() - 31_000) } });
    expect(await messaging.trouble()).toMatch(
      /^messages of 1 transactions wait, the oldest for 31\d\d\d ms$/,
    );
    await channel.bindQueue(queue, exchange, 'nobody-listens');
    await expect.poll(() => messaging.trouble(), eventually).toBeUndefined();
  });
});
