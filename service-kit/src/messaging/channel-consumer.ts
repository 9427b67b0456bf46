import type { Channel, ConsumeMessage } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { BatchHandler } from './batch-handler.ts';

export interface ChannelConsumerOptions {
  channel: Channel;
  queue: string;
  /** Maximum number of unacknowledged deliveries. */
  prefetch: number;
  batchSize: number;
  /** How long a batch that is not full waits for more, in milliseconds. */
  lingerMs: number;
  handle: BatchHandler;
  onBatch(batch: BatchObservation): void;
  onFailure(error: unknown): void;
}

export interface BatchObservation {
  size: number;
  /** How long the batch's newest message waited in this process, in milliseconds. */
  waitMs: number;
  handleMs: number;
  /** How long the handler was idle before this batch, in milliseconds. */
  idleMs: number;
  /** Whether the batch had its largest size: then the queue probably has more. */
  full: boolean;
}

export interface ChannelConsumer {
  /** Takes no more deliveries, handles those that have arrived, and closes the channel. */
  drain(): Promise<void>;
  /** Deliveries that are not acknowledged yet. */
  inHand(): number;
  /** How long the current batch has been in work, in milliseconds; 0 without one. */
  busyMs(): number;
}

interface InHand {
  delivery: ConsumeMessage;
  arrivedAt: number;
}

/**
 * Consumes a queue on one channel. Batches are handled one at a time, in the order of delivery, so one acknowledgement up
 * to the last delivery of a batch covers exactly what is done. When the channel closes, deliveries in the buffer are
 * dropped: the broker delivers them again.
 */
export async function openChannelConsumer(options: ChannelConsumerOptions): Promise<ChannelConsumer> {
  const { channel, queue, prefetch, batchSize, lingerMs, handle } = options;
  const fullBatch = Math.min(batchSize, prefetch);
  const gone = new AbortController();
  const consumerTag = randomUUID();
  let buffer: InHand[] = [];
  let handling = 0;
  let handlingSince = 0;
  let handledUntil: number | undefined;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  channel.once('close', () => {
    clearTimeout(timer);
    buffer = [];
    gone.abort();
  });

  function receive(delivery: ConsumeMessage | null): void {
    if (!delivery) {
      // The broker has cancelled this consumer (queue deleted, node gone): begin again on another channel.
      close();
      return;
    }
    buffer.push({ delivery, arrivedAt: performance.now() });
    if (!running) runSoon();
  }

  /** Runs a full batch at once. A smaller one lingers for more, because a batch costs little more than one message. */
  function runSoon(): void {
    if (buffer.length >= fullBatch) run();
    else if (buffer.length > 0) timer ??= setTimeout(run, lingerMs);
  }

  function run(): void {
    clearTimeout(timer);
    timer = undefined;
    running ??= handleNext().finally(() => {
      running = undefined;
      runSoon();
    });
  }

  async function handleNext(): Promise<void> {
    const batch = buffer.slice(0, batchSize);
    buffer = buffer.slice(batchSize);
    try {
      if (!gone.signal.aborted) await handleBatch(batch);
    } catch (error) {
      if (!gone.signal.aborted) options.onFailure(error);
      await giveBack();
    }
  }

  async function handleBatch(batch: InHand[]): Promise<void> {
    const last = batch.at(-1);
    if (!last) return;
    const startedAt = performance.now();
    handling = batch.length;
    handlingSince = startedAt;
    await handle(
      batch.map(({ delivery }) => delivery),
      gone.signal,
    ).finally(() => {
      handling = 0;
    });
    if (!gone.signal.aborted) channel.ack(last.delivery, true);
    const endedAt = performance.now();
    options.onBatch({
      size: batch.length,
      waitMs: startedAt - last.arrivedAt,
      handleMs: endedAt - startedAt,
      idleMs: startedAt - (handledUntil ?? startedAt),
      full: batch.length >= fullBatch,
    });
    handledUntil = endedAt;
  }

  /**
   * An explicit requeue does not count towards the delivery limit from RabbitMQ 4.3 on; before, it counts 1, as a closed
   * channel always does. The consumer is cancelled first, so that the messages do not come back here at once.
   */
  async function giveBack(): Promise<void> {
    buffer = [];
    if (gone.signal.aborted) return;
    await channel.cancel(consumerTag).catch(() => undefined);
    buffer = [];
    if (!gone.signal.aborted) channel.nackAll(true);
    await channel.close().catch(() => undefined);
  }

  function close(): void {
    channel.close().catch(() => undefined);
  }

  await channel.prefetch(prefetch);
  await channel.consume(queue, receive, { consumerTag });

  return {
    inHand: () => buffer.length + handling,
    busyMs: () => (handling > 0 ? performance.now() - handlingSince : 0),
    drain: async () => {
      if (gone.signal.aborted) return;
      await channel.cancel(consumerTag).catch(() => undefined);
      while (!gone.signal.aborted && (buffer.length > 0 || running)) {
        run();
        await running;
      }
      if (!gone.signal.aborted) await channel.close().catch(() => undefined);
    },
  };
}
