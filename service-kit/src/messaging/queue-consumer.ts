import type { Registry } from '@prometheus-io/client';
import type { Channel } from 'amqplib';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { gaugeOf } from '../metrics/metrics.ts';
import { initialPrefetch, nextPrefetch } from './auto-prefetch.ts';
import { createBatchMetrics } from './batch-metrics.ts';
import type { BatchHandler } from './batch-handler.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { openChannelConsumer, type BatchObservation, type ChannelConsumer } from './channel-consumer.ts';
import { createStuckWatch } from './stuck-watch.ts';
import { declareTopology, type Topology } from './topology.ts';
import type { ConsumerTuning } from './tuning.ts';

export interface QueueConsumerOptions {
  queue: string;
  connection: BrokerConnection;
  topology: Topology;
  tuning: ConsumerTuning;
  handle: BatchHandler;
  /** Rejects while MongoDB is unavailable. The queue is consumed only after it resolves. */
  storeAnswers: () => Promise<void>;
  /** How long a batch may take, in milliseconds, before its handler is reported as stuck. */
  stuckAfterMs: number;
  /** Wraps the channel of each consumer, for tests. */
  adaptChannel?: ((channel: Channel) => Channel) | undefined;
  logger: Logger;
  metrics?: Registry | undefined;
}

/** A change of a running consumer. Absent settings stay. */
export type ConsumerChange = Partial<
  Pick<ConsumerTuning, 'prefetch' | 'consumers' | 'batchSize' | 'batchLingerMs'> & { paused: boolean }
>;

export interface ConsumerState {
  queue: string;
  prefetch: ConsumerTuning['prefetch'];
  /** The current value of `auto`, or the configured number. */
  prefetchInForce: number;
  consumers: number;
  batchSize: number;
  batchLingerMs: number;
  paused: boolean;
  /** Deliveries not yet acknowledged. */
  inHand: number;
  /** How long the current batch has been in work, in milliseconds; 0 without one. */
  longestBatchMs: number;
}

export interface QueueConsumer extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  state(): ConsumerState;
  /** Opens new channels with the changed settings, and drains the old ones. */
  change(change: ConsumerChange): void;
  /** For readiness: says that a handler is stuck; undefined when none is. */
  trouble(): string | undefined;
}

/** A channel consumer that is opened again when its channel closes. */
interface KeptConsumer {
  drain(): Promise<void>;
  inHand(): number;
  busyMs(): number;
}

const ADAPT_EVERY_MS = 10_000;
const MOST_OBSERVATIONS = 10_000;

/** Runs the consumers of one queue, adapts an `auto` prefetch to the load, and reports a stuck handler. */
export function createQueueConsumer(options: QueueConsumerOptions): QueueConsumer {
  const { queue, connection, topology, handle, storeAnswers, logger, metrics } = options;
  let tuning: ConsumerTuning & { paused: boolean } = { ...options.tuning, paused: false };
  let prefetch = prefetchOf(tuning);
  let keepers: KeptConsumer[] = [];
  /** The current consumers, and earlier ones that still drain. */
  const open = new Set<KeptConsumer>();
  let draining: Promise<unknown> = Promise.resolve();
  let observed: BatchObservation[] = [];
  let timer: NodeJS.Timeout | undefined;

  const record = createBatchMetrics(queue, metrics);
  const inForce = gaugeOf(metrics, {
    name: 'messages_prefetch',
    help: 'Prefetch in force',
    labelNames: ['queue'],
  });
  const inHand = gaugeOf(metrics, {
    name: 'messages_in_hand',
    help: 'Deliveries not yet acknowledged',
    labelNames: ['queue'],
  });
  const countInHand = (): number => [...open].reduce((sum, keeper) => sum + keeper.inHand(), 0);
  const longestBatchMs = (): number => Math.max(0, ...[...open].map((keeper) => keeper.busyMs()));
  const { stuckAfterMs: afterMs } = options;
  const watch = createStuckWatch({ queue, afterMs, longestBatchMs, logger, metrics });

  function observe(batch: BatchObservation): void {
    record(batch);
    inHand?.set({ queue }, countInHand());
    if (observed.length < MOST_OBSERVATIONS) observed.push(batch);
  }

  function keepConsumer(): KeptConsumer {
    const stopping = new AbortController();
    const { batchSize, batchLingerMs: lingerMs } = tuning;
    const consumerPrefetch = prefetch;
    let consumer: ChannelConsumer | undefined;
    const kept = connection.keepChannel(
      (model) => model.createChannel(),
      async (channel) => {
        await storeAnswers();
        // The queue itself may be gone.
        await declareTopology(channel, topology);
        consumer = await openChannelConsumer({
          channel: options.adaptChannel?.(channel) ?? channel,
          queue,
          prefetch: consumerPrefetch,
          batchSize,
          lingerMs,
          handle,
          onBatch: observe,
          onFailure: (error) =>
            logger.error('Batch not finished; it will be delivered again', { queue, error }),
        });
        if (stopping.signal.aborted) await consumer.drain();
      },
      stopping.signal,
    );
    const keeper: KeptConsumer = {
      inHand: () => consumer?.inHand() ?? 0,
      busyMs: () => consumer?.busyMs() ?? 0,
      drain: async () => {
        stopping.abort();
        await consumer?.drain();
        await kept;
        open.delete(keeper);
      },
    };
    open.add(keeper);
    return keeper;
  }

  function openConsumers(): void {
    const count = tuning.paused ? 0 : tuning.consumers;
    keepers = Array.from({ length: count }, keepConsumer);
    inForce?.set({ queue }, count === 0 ? 0 : prefetch);
  }

  /** Prefetch takes effect when a consumer begins. So a change opens new consumers, and the old ones drain. */
  function reopen(): void {
    const old = keepers;
    openConsumers();
    draining = Promise.all([draining, ...old.map((keeper) => keeper.drain())]);
  }

  function adaptPrefetch(): void {
    const next = tuning.prefetch === 'auto' ? nextPrefetch(prefetch, tuning.batchSize, observed) : prefetch;
    observed = [];
    if (next === prefetch || tuning.paused) return;
    logger.info('Prefetch changed', { queue, from: prefetch, to: next });
    prefetch = next;
    reopen();
  }

  return {
    name: `consumer ${queue}`,
    start: async () => {
      openConsumers();
      timer = setInterval(adaptPrefetch, ADAPT_EVERY_MS);
      watch.start();
    },
    stop: async () => {
      clearInterval(timer);
      watch.stop();
      const last = keepers;
      keepers = [];
      await Promise.all([draining, ...last.map((keeper) => keeper.drain())]);
    },
    state: () => ({
      queue,
      prefetch: tuning.prefetch,
      prefetchInForce: prefetch,
      consumers: tuning.consumers,
      batchSize: tuning.batchSize,
      batchLingerMs: tuning.batchLingerMs,
      paused: tuning.paused,
      inHand: countInHand(),
      longestBatchMs: longestBatchMs(),
    }),
    trouble: () => watch.trouble(),
    change: (change) => {
      tuning = { ...tuning, ...change };
      // The value of auto was found for the old batch size.
      if (change.prefetch !== undefined || (change.batchSize !== undefined && tuning.prefetch === 'auto'))
        prefetch = prefetchOf(tuning);
      logger.info('Consumer changed', { queue, ...change });
      observed = [];
      reopen();
    },
  };
}

function prefetchOf({ prefetch, batchSize }: ConsumerTuning): number {
  return prefetch === 'auto' ? initialPrefetch(batchSize) : prefetch;
}
