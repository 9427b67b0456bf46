import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAdminServer, createMetrics, createReadiness } from '../src/admin/index.ts';
import type { Component } from '../src/lifecycle/index.ts';
import {
  consumerControls,
  createMessaging,
  createTuningFile,
  deadQueueOf,
  type ConsumerState,
  type Messaging,
  type QueueConsumer,
  type Topology,
} from '../src/messaging/index.ts';
import { openDatabase, recordingLogger, servers, unique, type TestDatabase } from './servers.ts';

const TOKEN = 'an-admin-token-that-is-long-enough';
const Happened = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });
const eventually = { timeout: 15_000, interval: 50 };

let observer: ChannelModel;
let channel: Channel;
let database: TestDatabase;
let exchange: string;
let queue: string;
let messaging: Messaging;
let consumer: QueueConsumer;
let admin: string;
let started: Component[];
let handled: number[];
const { logger, lines } = recordingLogger();

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
  handled = [];
  const topology: Topology = {
    exchanges: { [exchange]: { type: 'topic' } },
    queues: {
      [queue]: {
        bindings: [{ exchange, routingKey: 'happened' }],
        type: 'quorum',
        deliveryLimit: 20,
        retryDelays: [],
      },
    },
  };
  messaging = createMessaging({
    service: 'test',
    urls: [await addressOfNobody(), servers.rabbitmq],
    topology,
    client: database.client,
    db: database.db,
    outbox: { batch: 100, window: 200, leaseMs: 1_000 },
    inboxRetentionMs: 60_000,
    logger,
  });
  await start(messaging.component);
  consumer = messaging.consume(
    {
      queue,
      schema: Happened,
      handleBatch: async (messages, tx) => {
        tx.afterCommit(() => void handled.push(...messages.map(({ data }) => data.n)));
      },
    },
    {
      prefetch: 100,
      consumers: 1,
      batchSize: 50,
      batchLingerMs: 5,
      retryDelays: [],
      queueType: 'quorum',
      deliveryLimit: 20,
    },
  );
  await start(consumer);
  const server = createAdminServer({
    host: '127.0.0.1',
    port: 0,
    readiness: createReadiness({}),
    metrics: createMetrics('test'),
    logger,
    token: TOKEN,
    endpoints: consumerControls([consumer]),
  });
  await start(server);
  admin = `http://127.0.0.1:${server.address().port}`;
});

afterEach(async () => {
  for (const component of started.toReversed()) await component.stop?.();
  await channel.deleteQueue(queue);
  await channel.deleteQueue(deadQueueOf(queue));
  await channel.deleteExchange(exchange);
  await channel.close();
  await database.drop();
});

async function start(component: Component): Promise<void> {
  await component.start?.();
  started.push(component);
}

/** The address of a broker that does not run. */
async function addressOfNobody(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const url = new URL(servers.rabbitmq);
  url.port = String(typeof address === 'object' && address ? address.port : 0);
  server.close();
  await once(server, 'close');
  return url.href;
}

async function emit(numbers: number[]): Promise<void> {
  await messaging.transact(async (tx) =>
    tx.emit(
      ...numbers.map((n) => ({ type: 'test.happened.v1', exchange, routingKey: 'happened', data: { n } })),
    ),
  );
}

async function patch(body: object, token = TOKEN): Promise<{ status: number; body: ConsumerState }> {
  const response = await fetch(`${admin}/consumers/${queue}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as ConsumerState };
}

const sorted = (): number[] => handled.toSorted((a, b) => a - b);
const ready = async (): Promise<number> => (await channel.checkQueue(queue)).messageCount;

describe('fail-over', () => {
  it('finds the node that answers', async () => {
    await expect.poll(() => messaging.trouble(), eventually).toBeUndefined();
    await emit([1]);
    await expect.poll(sorted, eventually).toEqual([1]);
  });
});

describe('consumer controls', () => {
  it('shows the state of the consumers', async () => {
    const response = await fetch(`${admin}/consumers`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      items: [
        {
          queue,
          prefetch: 100,
          prefetchInForce: 100,
          consumers: 1,
          batchSize: 50,
          batchLingerMs: 5,
          paused: false,
          inHand: 0,
          longestBatchMs: 0,
        },
      ],
    });
  });

  it('pauses and resumes a running consumer without losing a message', async () => {
    await emit([1]);
    await expect.poll(sorted, eventually).toEqual([1]);
    expect(await patch({ paused: true })).toMatchObject({ status: 200, body: { paused: true } });
    await expect.poll(async () => (await channel.checkQueue(queue)).consumerCount, eventually).toBe(0);
    await emit([2, 3]);
    await expect.poll(ready, eventually).toBe(2);
    expect(sorted()).toEqual([1]);
    expect(await patch({ paused: false })).toMatchObject({ status: 200, body: { paused: false } });
    await expect.poll(sorted, eventually).toEqual([1, 2, 3]);
  });

  it('changes prefetch, batch and number of consumers under load, and handles each message once', async () => {
    const numbers = Array.from({ length: 1_000 }, (_, index) => index);
    for (let at = 0; at < 1_000; at += 100) {
      await emit(numbers.slice(at, at + 100));
      const change = {
        prefetch: at % 200 ? 'auto' : 10 + at,
        batchSize: 1 + at / 10,
        consumers: 1 + (at % 300) / 100,
      };
      expect(await patch(change)).toMatchObject({ status: 200, body: change });
    }
    await expect.poll(sorted, eventually).toEqual(numbers);
    await expect.poll(async () => (await channel.checkQueue(queue)).consumerCount, eventually).toBe(1);
  });

  it('changes nothing without the admin token, for an unknown queue, or to a value out of range', async () => {
    expect((await patch({ paused: true }, 'a guess')).status).toBe(401);
    expect((await patch({ prefetch: 2_001 })).status).toBe(400);
    expect((await patch({ paused: true, more: 1 })).status).toBe(400);
    const unknown = await fetch(`${admin}/consumers/nobody`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: '{}',
    });
    expect(unknown.status).toBe(404);
    expect(consumer.state()).toMatchObject({ paused: false, prefetch: 100 });
  });
});

describe('tuning file', () => {
  it('is read again at SIGHUP; an invalid one changes nothing', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tuning-'));
    const path = join(directory, 'tuning.env');
    await start(
      createTuningFile({ path, env: { PREFETCH: '7' }, consumers: { HAPPENED: consumer }, logger }),
    );

    await writeFile(path, '# for tonight\nHAPPENED_BATCH_SIZE=20\n');
    process.kill(process.pid, 'SIGHUP');
    await expect.poll(() => consumer.state(), eventually).toMatchObject({ prefetch: 7, batchSize: 20 });

    lines.length = 0;
    await writeFile(path, 'HAPPENED_BATCH_SIZE=none\nHAPPENED_PREFETCH=100\n');
    process.kill(process.pid, 'SIGHUP');
    await expect.poll(() => lines.map(({ message }) => message), eventually).toContain('Tuning file ignored');
    expect(consumer.state()).toMatchObject({ prefetch: 7, batchSize: 20 });
    await emit([1]);
    await expect.poll(sorted, eventually).toEqual([1]);
    await rm(directory, { recursive: true });
  });
});
