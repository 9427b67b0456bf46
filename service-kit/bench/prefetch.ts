import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { BatchHandler } from '../src/messaging/batch-handler.ts';
import type { ConsumerTuning } from '../src/messaging/index.ts';
import { createQueueConsumer, type QueueConsumer } from '../src/messaging/queue-consumer.ts';
import { databaseBound, light, waiting } from './handlers.ts';
import { serve } from './serve.ts';
import { connectBroker, defaults, openStage, QUEUE, topology } from './stage.ts';
import { watched } from './watched.ts';

interface Added extends Pick<ConsumerTuning, 'prefetch' | 'batchSize'> {
  name: string;
  handler: string;
}

const stage = await openStage();
const { connection, arrivedAt, openChannels } = watched(await connectBroker(stage, 'bench:consume'));
const consumers = new Map<string, QueueConsumer>();
const progress = new EventEmitter();
let waitMs = 2;
let handled = 0;
let handledAt = 0;
let inHandMs: number[] = [];

const handlers: Record<string, BatchHandler> = {
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
  if (!found) throw new Error(`there is no consumer ${name}`);
  return found;
}

/** Counts messages handled in `durationMs` from now on, or in the part of it with messages. */
async function measure(name: string, durationMs: number): Promise<object> {
  handled = 0;
  inHandMs = [];
  const startedAt = performance.now();
  await delay(durationMs);
  const perSecond = handled === 0 ? 0 : (handled / (handledAt - startedAt)) * 1_000;
  const { prefetchInForce } = consumer(name).state();
  return { perSecond, inHandMs: Float64Array.from(inHandMs), prefetch: prefetchInForce };
}

serve({
  /** Makes a paused consumer. */
  add: async ({ name, handler, ...tuning }: Added) => {
    const handle = handlers[handler];
    if (!handle) throw new Error(`there is no handler ${handler}`);
    const added = createQueueConsumer({
      queue: QUEUE,
      connection,
      topology,
      tuning: { ...defaults, ...tuning },
      handle: counting(handle),
      stuckAfterMs: 60_000,
      storeAnswers: async () => undefined,
      logger: stage.logger,
    });
    added.change({ paused: true });
    await added.start();
    consumers.set(name, added);
  },
  /** Resolves when it handles messages. */
  resume: async ({ name }: { name: string }) => {
    consumer(name).change({ paused: false });
    await once(progress, 'handled');
  },
  /** Resolves when it has no deliveries any more. */
  pause: async ({ name }: { name: string }) => {
    consumer(name).change({ paused: true });
    while (openChannels() > 0) await delay(5);
  },
  measure: async ({ name, durationMs }: { name: string; durationMs: number }) => measure(name, durationMs),
  /** Sets how long the waiting handler waits, in milliseconds. */
  setWait: async (input: { waitMs: number }) => {
    ({ waitMs } = input);
  },
});
