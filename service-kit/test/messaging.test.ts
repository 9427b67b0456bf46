import amqp, { type ChannelModel, type Channel } from 'amqplib';
import { MongoNetworkError } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Component } from '../src/lifecycle/index.ts';
import {
  createMessaging,
  deadQueueOf,
  onBehalfOf,
  retryQueueOf,
  type Consumer,
  type ConsumerTuning,
  type IncomingMessage,
  type Messaging,
  type Topology,
} from '../src/messaging/index.ts';
import {
  cuttableLink,
  openDatabase,
  recordingLogger,
  servers,
  unique,
  type CuttableLink,
  type TestDatabase,
} from './servers.ts';

const Happened = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });
type Happened = z.infer<typeof Happened>;

let observer: ChannelModel;
let channel: Channel;
let database: TestDatabase;
let link: CuttableLink;
let exchange: string;
let queue: string;
let topology: Topology;
let tuning: ConsumerTuning;
let started: Component[];
const { logger, lines } = recordingLogger();

beforeAll(async () => {
  observer = await amqp.connect(servers.rabbitmq);
});
afterAll(() => observer.close());

beforeEach(async () => {
  channel = await observer.createChannel();
  database = await openDatabase();
  link = await cuttableLink(servers.rabbitmq);
  exchange = unique('exchange');
  queue = unique('queue');
  started = [];
  const retryDelays = [
    { label: '100ms', ms: 100 },
    { label: '200ms', ms: 200 },
  ];
  topology = {
    exchanges: { [exchange]: { type: 'topic' } },
    queues: {
      [queue]: {
        bindings: [{ exchange, routingKey: 'happened' }],
        type: 'quorum',
        deliveryLimit: 20,
        retryDelays,
      },
    },
  };
  tuning = {
    prefetch: 100,
    consumers: 1,
    batchSize: 50,
    batchLingerMs: 5,
    retryDelays,
    queueType: 'quorum',
    deliveryLimit: 20,
  };
});

afterEach(async () => {
  for (const component of started.toReversed()) await component.stop?.();
  await link.close();
  const names = [
    queue,
    deadQueueOf(queue),
    ...tuning.retryDelays.map(({ label }) => retryQueueOf(queue, label)),
  ];
  for (const name of names) await channel.deleteQueue(name);
  await channel.deleteExchange(exchange);
  await channel.close();
  await database.drop();
});

async function start(component: Component): Promise<void> {
  await component.start?.();
  started.push(component);
}

async function startMessaging(more: { leaseMs?: number; urls?: string[] } = {}): Promise<Messaging> {
  const messaging = createMessaging({
    service: 'test',
    urls: more.urls ?? [link.url],
    topology,
    client: database.client,
    db: database.db,
    outbox: { batch: 100, window: 200, leaseMs: more.leaseMs ?? 1_000 },
    inboxRetentionMs: 60_000,
    logger,
  });
  await start(messaging.component);
  return messaging;
}

const happened = (n: number, routingKey = 'happened') => ({
  type: 'test.happened.v1',
  exchange,
  routingKey,
  data: { n },
});

async function emit(messaging: Messaging, numbers: number[], routingKey?: string): Promise<void> {
  await messaging.transact(async (tx) => tx.emit(...numbers.map((n) => happened(n, routingKey))));
}

/** Counts messages in the transaction of their handling. */
async function startCounting(
  messaging: Messaging,
  onBatch: (messages: readonly IncomingMessage<Happened>[]) => void = () => undefined,
  transactionLimit?: Consumer<Happened>['transactionLimit'],
): Promise<Component> {
  const counts = database.db.collection<{ _id: number; times: number }>('counts');
  const consumer = messaging.consume<Happened>(
    {
      queue,
      schema: Happened,
      ...(transactionLimit && { transactionLimit }),
      handleBatch: async (messages, tx) => {
        onBatch(messages);
        await counts.bulkWrite(
          messages.map(({ data }) => ({
            updateOne: { filter: { _id: data.n }, update: { $inc: { times: 1 } }, upsert: true },
          })),
          { session: tx.session },
        );
      },
    },
    tuning,
  );
  await start(consumer);
  return consumer;
}

async function counted(): Promise<number[]> {
  const counts = database.db.collection<{ _id: number; times: number }>('counts');
  const rows = await counts.find().sort({ _id: 1 }).toArray();
  expect(rows.every(({ times }) => times === 1)).toBe(true);
  return rows.map(({ _id }) => _id);
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const outboxRows = (): Promise<number> => database.db.collection('outbox').countDocuments();
const ready = async (name: string): Promise<number> => (await channel.checkQueue(name)).messageCount;
const eventually = { timeout: 15_000, interval: 50 };

describe('outbox and relay', () => {
  it('sends committed messages as CloudEvents, and deletes them', async () => {
    const messaging = await startMessaging();
    await messaging.transact(async (tx) => {
      tx.emit({
        ...happened(1),
        subject: 's',
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      });
    });
    await expect.poll(() => ready(queue), eventually).toBe(1);
    const delivered = await channel.get(queue, { noAck: true });
    if (!delivered) throw new Error('nothing was delivered');
    expect(delivered.properties).toMatchObject({
      contentType: 'application/cloudevents+json',
      deliveryMode: 2,
      type: 'test.happened.v1',
    });
    expect(JSON.parse(delivered.content.toString())).toMatchObject({
      specversion: '1.0',
      id: delivered.properties.messageId,
      source: 'test',
      type: 'test.happened.v1',
      subject: 's',
      datacontenttype: 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      data: { n: 1 },
    });
    await expect.poll(outboxRows, eventually).toBe(0);
  });

  it('sends rows that were committed by a process that died before sending them', async () => {
    const dead = await startMessaging({ leaseMs: 60_000 });
    await emit(dead, [1]);
    await expect.poll(outboxRows, eventually).toBe(0);
    // Such a process leaves a row under an ended lease.
    const past = new Date(Date.now() - 1);
    await database.db.collection<{ _id: string }>('outbox').insertOne({
      _id: 'orphan',
      messages: [
        {
          id: 'orphaned',
          type: 'test.happened.v1',
          exchange,
          routingKey: 'happened',
          mandatory: true,
          content: '{}',
        },
      ],
      createdAt: past,
      availableAt: past,
      lease: 'of the dead',
      attempts: 0,
    } as never);
    await expect.poll(outboxRows, eventually).toBe(0);
    expect(await ready(queue)).toBe(2);
  });

  it('keeps a message without a queue, and sends it once there is one', async () => {
    const messaging = await startMessaging();
    await emit(messaging, [1], 'nobody-listens');
    await expect.poll(() => lines.map(({ reason }) => reason), eventually).toContain('returned');
    expect(await outboxRows()).toBe(1);
    await channel.bindQueue(queue, exchange, 'nobody-listens');
    await expect.poll(outboxRows, eventually).toBe(0);
    expect(await ready(queue)).toBe(1);
  });

  it('sends the deliverable messages of a transaction, and keeps the others', async () => {
    const messaging = await startMessaging();
    await messaging.transact(async (tx) => tx.emit(happened(1), happened(2, 'nobody-yet'), happened(3)));
    await expect.poll(() => ready(queue), eventually).toBe(2);
    const rows = database.db.collection('outbox');
    await expect
      .poll(async () => (await rows.findOne())?.['messages'] as unknown, eventually)
      .toMatchObject([{ routingKey: 'nobody-yet' }]);
    await channel.bindQueue(queue, exchange, 'nobody-yet');
    await expect.poll(outboxRows, eventually).toBe(0);
    expect(await ready(queue)).toBe(3);
  });

  it('splits the messages of a large transaction into several rows', async () => {
    const messaging = await startMessaging();
    await emit(messaging, upTo(1_001));
    await expect.poll(() => ready(queue), eventually).toBe(1_001);
    await expect.poll(outboxRows, eventually).toBe(0);
  });

  it('lets several relays share a backlog without sending a row twice', async () => {
    link.breakOff();
    const first = await startMessaging();
    const second = await startMessaging();
    for (const batch of upTo(100)) {
      await emit(
        batch % 2 ? first : second,
        upTo(10).map((n) => batch * 10 + n),
      );
    }
    expect(await outboxRows()).toBe(100);
    expect(await first.trouble()).toBe('RabbitMQ unavailable');
    link.mend();
    await expect.poll(outboxRows, eventually).toBe(0);
    expect(await ready(queue)).toBe(1_000);
    await expect.poll(() => first.trouble(), eventually).toBeUndefined();
  });

  it('loses nothing when the connection is cut again and again', async () => {
    const messaging = await startMessaging();
    await startCounting(messaging);
    for (const batch of upTo(20)) {
      await emit(
        messaging,
        upTo(50).map((n) => batch * 50 + n),
      );
      if (batch % 5 === 0) link.cut();
    }
    await expect.poll(counted, eventually).toEqual(upTo(1_000));
    await expect.poll(outboxRows, eventually).toBe(0);
  });
});

describe('consumer', () => {
  it('handles a message once, however often it is delivered', async () => {
    const messaging = await startMessaging();
    const event = { specversion: '1.0', id: 'same', source: 's', type: 'test.happened.v1', data: { n: 5 } };
    for (const _ of upTo(10)) {
      channel.publish(exchange, 'happened', Buffer.from(JSON.stringify(event)), { messageId: 'same' });
    }
    await startCounting(messaging);
    await expect.poll(counted, eventually).toEqual([5]);
    await expect.poll(() => ready(queue), eventually).toBe(0);
    channel.publish(exchange, 'happened', Buffer.from(JSON.stringify(event)), { messageId: 'same' });
    await emit(messaging, [6]);
    await expect.poll(counted, eventually).toEqual([5, 6]);
  });

  it('takes waiting messages in batches', async () => {
    const messaging = await startMessaging();
    await emit(messaging, upTo(200));
    await expect.poll(() => ready(queue), eventually).toBe(200);
    const sizes: number[] = [];
    await startCounting(messaging, (messages) => sizes.push(messages.length));
    await expect.poll(counted, eventually).toEqual(upTo(200));
    expect(Math.max(...sizes)).toBe(50);
    expect(sizes.length).toBeLessThan(40);
  });

  it("respects the consumer's limit for a transaction", async () => {
    // All forty are one batch, even if the broker is slow.
    tuning = { ...tuning, batchSize: 40, batchLingerMs: 10_000 };
    const messaging = await startMessaging();
    await emit(messaging, upTo(40));
    await expect.poll(() => ready(queue), eventually).toBe(40);
    const groups: number[][] = [];
    const limit = { sizeOf: ({ data }: Happened) => data.n, most: 30 };
    await startCounting(messaging, (messages) => groups.push(messages.map(({ data }) => data.n)), limit);
    await expect.poll(counted, eventually).toEqual(upTo(40));
    const sizes = groups.map((group) => group.reduce((sum, n) => sum + n, 0));
    expect(groups.filter((group, index) => group.length > 1 && (sizes[index] ?? 0) > 30)).toEqual([]);
    expect(groups[0]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(groups).toContainEqual([39]);
  });

  it('dead-letters an unreadable message with the reason, and handles the others', async () => {
    const messaging = await startMessaging();
    channel.publish(exchange, 'happened', Buffer.from('{ not json'), { messageId: 'poison' });
    await emit(messaging, upTo(20));
    await startCounting(messaging);
    await expect.poll(counted, eventually).toEqual(upTo(20));
    await expect.poll(() => ready(deadQueueOf(queue)), eventually).toBe(1);
    const dead = await channel.get(deadQueueOf(queue), { noAck: true });
    if (!dead) throw new Error('nothing among the dead');
    expect(dead.content.toString()).toBe('{ not json');
    expect(dead.properties.messageId).toBe('poison');
    expect(dead.properties.headers).toMatchObject({ 'x-reason': 'malformed JSON', 'x-attempt': 1 });
  });

  it('sets aside the message that the handler names, and handles the rest of its batch together', async () => {
    tuning = { ...tuning, batchLingerMs: 1_000 };
    const messaging = await startMessaging();
    await emit(messaging, upTo(50));
    await expect.poll(() => ready(queue), eventually).toBe(50);
    const batches: number[] = [];
    await startCounting(messaging, (messages) => {
      batches.push(messages.length);
      for (const { id, data } of messages) {
        onBehalfOf(id, () => {
          if (data.n === 13) throw new Error('thirteen always fails');
        });
      }
    });
    await expect.poll(counted, eventually).toEqual(upTo(50).filter((n) => n !== 13));
    expect(batches.slice(0, 2)).toEqual([50, 49]);
    await expect.poll(() => ready(deadQueueOf(queue)), eventually).toBe(1);
    const dead = await channel.get(deadQueueOf(queue), { noAck: true });
    if (!dead) throw new Error('nothing among the dead');
    expect(dead.properties.headers).toMatchObject({ 'x-reason': 'thirteen always fails', 'x-attempt': 3 });
  });

  it('retries a message that fails alone, then dead-letters it; the rest of its batch is handled', async () => {
    const messaging = await startMessaging();
    const attempts: number[] = [];
    await startCounting(messaging, (messages) => {
      const bad = messages.find(({ data }) => data.n === 13);
      if (bad && messages.length === 1) attempts.push(bad.attempt);
      if (bad) throw new Error('thirteen always fails');
    });
    await emit(messaging, upTo(20));
    await expect.poll(() => ready(deadQueueOf(queue)), eventually).toBe(1);
    expect(await counted()).toEqual(upTo(20).filter((n) => n !== 13));
    expect(attempts).toEqual([1, 2, 3]);
    const dead = await channel.get(deadQueueOf(queue), { noAck: true });
    expect(dead && dead.properties.headers).toMatchObject({
      'x-attempt': 3,
      'x-reason': 'thirteen always fails',
    });
  });

  it('handles messages that failed before in a separate transaction', async () => {
    const messaging = await startMessaging();
    const time = new Date().toISOString();
    for (const n of upTo(20)) {
      const event = { specversion: '1.0', id: `event-${n}`, source: 'test', time, ...happened(n) };
      const headers = { 'x-attempt': n % 2 === 0 ? 1 : 2 };
      channel.publish(exchange, 'happened', Buffer.from(JSON.stringify(event)), {
        messageId: event.id,
        headers,
      });
    }
    await expect.poll(() => ready(queue), eventually).toBe(20);
    const batches: number[][] = [];
    await startCounting(messaging, (messages) => batches.push(messages.map(({ attempt }) => attempt)));
    await expect.poll(counted, eventually).toEqual(upTo(20));
    expect(new Set(batches.flat())).toEqual(new Set([1, 2]));
    for (const attempts of batches) expect(new Set(attempts).size).toBe(1);
  });

  it('handles a message that failed for a while, and sends its results once', async () => {
    const messaging = await startMessaging();
    let failures = 2;
    await startCounting(messaging, () => {
      if (failures-- > 0) throw new Error('not yet');
    });
    await emit(messaging, [1]);
    await expect.poll(counted, eventually).toEqual([1]);
    await expect.poll(() => ready(deadQueueOf(queue)), eventually).toBe(0);
  });

  it('waits while MongoDB is unavailable, without counting an attempt', async () => {
    const messaging = await startMessaging();
    const attempts: number[] = [];
    let outages = 3;
    await startCounting(messaging, (messages) => {
      attempts.push(...messages.map(({ attempt }) => attempt));
      if (outages-- > 0) throw new MongoNetworkError('the store is away');
    });
    await emit(messaging, [1]);
    await expect.poll(counted, eventually).toEqual([1]);
    expect(attempts.length).toBeGreaterThanOrEqual(4);
    expect(new Set(attempts)).toEqual(new Set([1]));
  });

  it('finishes its deliveries when it stops, and leaves the rest in the queue', async () => {
    const messaging = await startMessaging();
    await emit(messaging, upTo(500));
    await expect.poll(() => ready(queue), eventually).toBe(500);
    const consumer = await startCounting(messaging);
    await expect
      .poll(async () => (await counted()).length, { timeout: 15_000, interval: 1 })
      .toBeGreaterThan(0);
    await consumer.stop?.();
    const done = (await counted()).length;
    await expect.poll(() => ready(queue), eventually).toBe(500 - done);
  });

  it('begins again when the broker cancels it because its queue was deleted', async () => {
    const messaging = await startMessaging();
    await startCounting(messaging);
    await emit(messaging, [1]);
    await expect.poll(counted, eventually).toEqual([1]);
    await channel.deleteQueue(queue);
    await expect
      .poll(async () => {
        await emit(messaging, [2]).catch(() => undefined);
        const rows = await database.db.collection('counts').countDocuments();
        return rows;
      }, eventually)
      .toBe(2);
  });

  it('changes state and answers in one transaction', async () => {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    const answers = unique('answers');
    await channel.assertQueue(answers, { durable: true, exclusive: false, autoDelete: false });
    await channel.bindQueue(answers, exchange, 'answered');
    const messaging = await startMessaging();
    let crashes = 1;
    await start(
      messaging.consume<Happened>(
        {
          queue,
          schema: Happened,
          handleBatch: async (messages, tx) => {
            tx.emit(
              ...messages.map(({ data }) => ({ ...happened(data.n, 'answered'), type: 'test.answered.v1' })),
            );
            if (crashes-- > 0) throw new MongoNetworkError('gone before the commit');
          },
        },
        tuning,
      ),
    );
    await emit(messaging, upTo(30));
    await expect.poll(() => ready(answers), eventually).toBe(30);
    await expect.poll(outboxRows, eventually).toBe(0);
    expect(await ready(answers)).toBe(30);
    await channel.deleteQueue(answers);
  });
});
