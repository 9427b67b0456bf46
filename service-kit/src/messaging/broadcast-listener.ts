import type { Channel, ConsumeMessage } from 'amqplib';
import pTimeout from 'p-timeout';
import type { ZodType } from 'zod';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { createBrokerConnection } from './broker-connection.ts';
import type { IncomingMessage } from './consumer.ts';
import { parseDelivery } from './delivery.ts';
import { declareTopology, type Topology } from './topology.ts';

export interface BroadcastListenerOptions<Event extends { type: string; data: unknown }> {
  /** Name of the connection as the broker shows it, for example `api-gateway:revocations`. */
  name: string;
  /** AMQP URLs of the broker's nodes, tried in turn. */
  urls: readonly string[];
  /** A durable topic exchange. */
  exchange: string;
  routingKey: string;
  /** What the listener needs of the CloudEvent; a message that does not parse is logged and dropped. */
  schema: ZodType<Event>;
  onMessage: (message: IncomingMessage<Event>) => void;
  /**
   * Called each time there is a queue again. What was sent before is lost, so this is the moment to read what
   * happened meanwhile; everything sent later arrives at `onMessage`, perhaps before the reading is done.
   */
  onBound: () => void;
  logger: Logger;
  /** How long `start` waits for the first queue before it goes on without, in milliseconds. Default 2,000. */
  startTimeoutMs?: number;
}

export interface BroadcastListener extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether messages arrive at the moment, as far as is known here. */
  isBound(): boolean;
}

/** A queue that never got its consumer (a right is missing, say) does not outlive this. */
const UNUSED_QUEUE_EXPIRES_MS = 60_000;

/**
 * Hears what every instance must hear, each by a queue of its own: named by the server, exclusive, and gone with
 * its connection. It is a shortcut for what can also be read elsewhere: nothing is kept while the listener is away,
 * nothing is tried again, and no store is needed.
 */
export function createBroadcastListener<Event extends { type: string; data: unknown }>(
  options: BroadcastListenerOptions<Event>,
): BroadcastListener {
  const { name, urls, exchange, routingKey, schema, logger, startTimeoutMs = 2_000 } = options;
  const topology: Topology = { exchanges: { [exchange]: { type: 'topic' } }, queues: {} };
  const connection = createBrokerConnection({ urls, name, topology, logger });
  const stopping = new AbortController();
  const firstBound = Promise.withResolvers<void>();
  let bound: Channel | undefined;
  let kept: Promise<void> = Promise.resolve();

  function receive(delivery: ConsumeMessage): void {
    const parsed = parseDelivery(delivery, schema);
    if (parsed.ok) {
      report(() => options.onMessage(parsed.message));
      return;
    }
    const messageId: unknown = delivery.properties.messageId;
    logger.warn('A broadcast message was dropped', {
      exchange,
      routingKey,
      messageId,
      reason: parsed.reason,
    });
  }

  /** A listener that fails costs one message, and neither the channel nor the process. */
  function report(call: () => void): void {
    try {
      call();
    } catch (error) {
      logger.error('A broadcast could not be handled', { exchange, routingKey, error });
    }
  }

  async function listen(channel: Channel): Promise<void> {
    let isOpen = true;
    channel.once('close', () => {
      isOpen = false;
      if (bound === channel) bound = undefined;
    });
    // The exchange may be what went away.
    await declareTopology(channel, topology);
    const { queue } = await channel.assertQueue('', {
      durable: false,
      exclusive: true,
      autoDelete: true,
      expires: UNUSED_QUEUE_EXPIRES_MS,
    });
    await channel.bindQueue(queue, exchange, routingKey);
    const onDelivery = (delivery: ConsumeMessage | null): void => {
      if (delivery) receive(delivery);
      // The broker has cancelled us (queue deleted, node gone): begin anew on another channel.
      else void channel.close().catch(() => undefined);
    };
    await channel.consume(queue, onDelivery, { noAck: true, exclusive: true });
    if (!isOpen) return;
    bound = channel;
    firstBound.resolve();
    report(options.onBound);
  }

  return {
    name: `broadcasts ${exchange} ${routingKey}`,
    start: async () => {
      await connection.open(0);
      kept = connection.keepChannel((model) => model.createChannel(), listen, stopping.signal);
      await pTimeout(firstBound.promise, { milliseconds: startTimeoutMs, fallback: () => undefined });
    },
    stop: async () => {
      stopping.abort();
      await connection.close();
      await kept;
    },
    isBound: () => bound !== undefined,
  };
}
