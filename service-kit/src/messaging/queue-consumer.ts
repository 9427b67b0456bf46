import type { Registry } from '@prometheus-io/client';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { gaugeOf, histogramOf } from '../metrics/metrics.ts';
import { initialPrefetch, nextPrefetch } from './auto-prefetch.ts';
import type { BatchHandler } from './batch-handler.ts';
import type { BrokerConnection } from './broker-connection.ts';
import { openLane, type BatchObservation, type Lane } from './lane.ts';
import { declareTopology, type Topology } from './topology.ts';
import type { ConsumerTuning } from './tuning.ts';

export interface QueueConsumerOptions {
  queue: string;
  connection: BrokerConnection;
  topology: Topology;
  tuning: ConsumerTuning;
  handle: BatchHandler;
  logger: Logger;
  metrics?: Registry;
}

/** Consumers of one queue in this process: `tuning.consumers` lanes, opened anew whenever one closes. */
interface LaneKeeper {
  drain(): Promise<void>;
  inHand(): number;
}

const RETUNE_EVERY_MS = 10_000;
const MOST_OBSERVATIONS = 10_000;

/** Runs the consumers of one queue and, with `prefetch: 'auto'`, keeps their prefetch fitting. */
export function createQueueConsumer(options: QueueConsumerOptions): Component & {
  start(): Promise<void>;
  stop(): Promise<void>;
} {
  const { queue, connection, topology, tuning, handle, logger, metrics } = options;
  let prefetch = tuning.prefetch === 'auto' ? initialPrefetch(tuning.batchSize) : tuning.prefetch;
  let keepers: LaneKeeper[] = [];
  let observed: BatchObservation[] = [];
  let timer: NodeJS.Timeout | undefined;
  let retuning: Promise<unknown> = Promise.resolve();

  const seconds = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
  const labelNames = ['queue'];
  const sizes = histogramOf(metrics, {
    name: 'messages_batch_size',
    help: 'Messages handled together',
    labelNames,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  });
  const waits = histogramOf(metrics, {
    name: 'messages_wait_seconds',
    help: 'How long the newest message of a batch waited in the process',
    labelNames,
    buckets: seconds,
  });
  const durations = histogramOf(metrics, {
    name: 'messages_batch_seconds',
    help: 'How long a batch took to handle',
    labelNames,
    buckets: seconds,
  });
  const inForce = gaugeOf(metrics, { name: 'messages_prefetch', help: 'Prefetch in force', labelNames });
  const inHand = gaugeOf(metrics, {
    name: 'messages_in_hand',
    help: 'Deliveries not yet acknowledged',
    labelNames,
  });

  function observe(batch: BatchObservation): void {
    sizes?.observe({ queue }, batch.size);
    waits?.observe({ queue }, batch.waitMs / 1_000);
    durations?.observe({ queue }, batch.handleMs / 1_000);
    inHand?.set(
      { queue },
      keepers.reduce((sum, keeper) => sum + keeper.inHand(), 0),
    );
    if (tuning.prefetch === 'auto' && observed.length < MOST_OBSERVATIONS) observed.push(batch);
  }

  function keepLane(): LaneKeeper {
    const stopping = new AbortController();
    let lane: Lane | undefined;
    const kept = connection.keepChannel(
      (model) => model.createChannel(),
      async (channel) => {
        // The queue itself may be what went away.
        await declareTopology(channel, topology);
        lane = await openLane({
          channel,
          queue,
          prefetch,
          batchSize: tuning.batchSize,
          lingerMs: tuning.batchLingerMs,
          handle,
          onBatch: observe,
          onFailure: (error) =>
            logger.error('A batch could not be finished; it will be delivered again', { queue, error }),
        });
        if (stopping.signal.aborted) await lane.drain();
      },
      stopping.signal,
    );
    return {
      inHand: () => lane?.inHand() ?? 0,
      drain: async () => {
        stopping.abort();
        await lane?.drain();
        await kept;
      },
    };
  }

  function openLanes(): LaneKeeper[] {
    inForce?.set({ queue }, prefetch);
    return Array.from({ length: tuning.consumers }, keepLane);
  }

  /** Prefetch binds when a consumer begins: new lanes are opened and the old ones drain. */
  function retune(): void {
    const next = nextPrefetch(prefetch, observed);
    observed = [];
    if (next === prefetch) return;
    logger.info('Prefetch follows the load', { queue, from: prefetch, to: next });
    prefetch = next;
    const old = keepers;
    keepers = openLanes();
    retuning = Promise.all([retuning, ...old.map((keeper) => keeper.drain())]);
  }

  return {
    name: `consumer ${queue}`,
    start: async () => {
      keepers = openLanes();
      if (tuning.prefetch === 'auto') timer = setInterval(retune, RETUNE_EVERY_MS);
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all([retuning, ...keepers.map((keeper) => keeper.drain())]);
    },
  };
}
