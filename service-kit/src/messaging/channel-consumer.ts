import type { Channel, ConsumeMessage } from 'amqplib';
import { randomUUID } from 'node:crypto';
import type { BatchHandler } from './batch-handler.ts';

export interface ChannelConsumerOptions {
  channel: Channel;
  queue: string;
  /** Deliveries that the broker may leave unacknowledged here. */
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
  /** How long nothing was handled before this batch, in milliseconds. */
  idleMs: number;
  /** Whether it was as large as it may be, which says that there is more where it came from. */
  full: boolean;
}

export interface ChannelConsumer {
  /** Takes no more deliveries, handles those in hand, and closes the channel. */
  drain(): Promise<void>;
  inHand(): number;
  /** How long the batch being handled has been, in milliseconds; 0 when none is. */
  busyMs(): number;
}

interface InHand {
  delivery: ConsumeMessage;
  arrivedAt: number;
}

/**
 * One channel's consumer. Batches are handled one after the other and in the order of delivery, so that after
 * each one acknowledgement up to its last delivery covers exactly what is done. Deliveries and acknowledgements
 * belong to this channel alone: when it closes, what is in hand is forgotten, for the broker delivers it again.
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
      // The broker has cancelled this consumer (queue deleted, node gone): begin anew on another channel.
      close();
      return;
    }
    buffer.push({ delivery, arrivedAt: performance.now() });
    if (!running) runSoon();
  }

  /** At once with a full batch, otherwise after a moment for more, because what a batch costs is mostly its own. */
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
   * A requeue that is asked for counts nothing against the messages from RabbitMQ 4.3 on, and 1 before, as a closed
   * channel always does. Cancelled first, lest they come back here at once and are counted again.
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
