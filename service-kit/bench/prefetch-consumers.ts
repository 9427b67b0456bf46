import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { BatchHandler } from '../src/messaging/batch-handler.ts';
import { createQueueConsumer, type QueueConsumer } from '../src/messaging/queue-consumer.ts';
import { databaseBound, light, waiting } from './handlers.ts';
import { startFeed } from './feed.ts';
import { connectBroker, defaults, QUEUE, type Stage, topology } from './stage.ts';
import { watched } from './watched.ts';

export type Prefetch = number | 'auto';
export type HandlerName = 'light' | 'waiting' | 'database';

/** The work of one consumer during a measurement. */
export interface Observed {
  perSecond: number;
  /** Time from the delivery of each message into the process until it was handled. */
  inHandMs: number[];
  /** In force at the end. */
  prefetch: number;
}

export const FIXED: readonly number[] = [1, 10, 50, 100, 500];

/** `auto` decides every 10 s: it has settled once its prefetch stays the same for so long. */
const SETTLED_AFTER_MS = 21_000;
const SETTLED_WITHIN_MS = 120_000;
/** Messages that wait for a consumer that is fed while it runs. */
const FED_LEVEL = 20_000;

/** Consumers of one queue that run in turn, and the feed of that queue. */
export async function startPrefetchConsumers(stage: Stage) {
  const feed = await startFeed(stage);
  const { connection, arrivedAt, openChannels } = watched(await connectBroker(stage, 'bench:consume'));
  const consumers = new Map<string, QueueConsumer>();
  const progress = new EventEmitter();
  let waitMs = 2;
  let handled = 0;
  let handledAt = 0;
  let inHandMs: number[] = [];

  const handlers: Record<HandlerName, BatchHandler> = {
    light,
    waiting: waiting(() => waitMs),
    database: await databaseBound(stage, connection),
  };

  const counting =
    (handle: BatchHandler): BatchHandler =>
    async (deliveries, signal) => {
      await handle(deliveries, signal);
      const now = performance.now();
      handledAt = now;
      handled += deliveries.length;
      for (const delivery of deliveries) inHandMs.push(now - (arrivedAt(delivery) ?? now));
      progress.emit('handled');
    };

  function consumer(name: string): QueueConsumer {
    const found = consumers.get(name);
    if (!found) throw new Error(`There is no consumer ${name}`);
    return found;
  }

  /** Counts messages for `durationMs`, or until the queue ran empty. */
  async function observe(name: string, durationMs: number): Promise<Observed> {
    handled = 0;
    inHandMs = [];
    const startedAt = performance.now();
    await delay(durationMs);
    const perSecond = handled === 0 ? 0 : (handled / (handledAt - startedAt)) * 1_000;
    const { prefetchInForce } = consumer(name).state();
    return { perSecond, inHandMs, prefetch: prefetchInForce };
  }

  async function running<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    consumer(name).change({ paused: false });
    await once(progress, 'handled');
    const result = await work();
    consumer(name).change({ paused: true });
    while (openChannels() > 0) await delay(5);
    return result;
  }

  return {
    add: async (
      name: string,
      handler: HandlerName,
      prefetch: Prefetch,
      batchSize = defaults.batchSize,
    ): Promise<void> => {
      const added = createQueueConsumer({
        queue: QUEUE,
        connection,
        topology,
        tuning: { ...defaults, prefetch, batchSize },
        handle: counting(handlers[handler]),
        stuckAfterMs: 60_000,
        storeAnswers: async () => undefined,
        logger: stage.logger,
      });
      added.change({ paused: true });
      await added.start();
      consumers.set(name, added);
    },
    /** How long the waiting handler waits from now on. */
    setWait: (ms: number): void => {
      waitMs = ms;
    },
    fill: (level: number) => feed.fill(Math.ceil(level)),
    running,
    observe,
    /** Runs a consumer on a queue that was filled before. */
    measure: (name: string, durationMs: number) => running(name, () => observe(name, durationMs)),
    /** @throws when the consumer was idle for want of messages */
    mustNotBeEmpty: async (): Promise<void> => {
      if ((await feed.waiting()) === 0) throw new Error('The queue ran empty');
    },
    /** Keeps the queue full during `work`. */
    whileFed: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      await feed.fill(FED_LEVEL);
      const done = new AbortController();
      const feeding = (async () => {
        for (; !done.signal.aborted; await delay(50)) await feed.fill(FED_LEVEL);
      })();
      try {
        return await work();
      } finally {
        done.abort();
        await feeding;
      }
    },
    /** Waits until `auto` has settled. */
    settle: async (name: string): Promise<void> => {
      const startedAt = Date.now();
      let since = startedAt;
      let before: number | undefined;
      while (Date.now() - since < SETTLED_AFTER_MS) {
        if (Date.now() - startedAt > SETTLED_WITHIN_MS) throw new Error(`${name} does not settle`);
        const { prefetch } = await observe(name, 500);
        if (prefetch !== before) since = Date.now();
        before = prefetch;
      }
    },
    stop: async (): Promise<void> => {
      for (const each of consumers.values()) await each.stop();
      await connection.close();
      await feed.stop();
    },
  };
}

export type PrefetchConsumers = Awaited<ReturnType<typeof startPrefetchConsumers>>;
