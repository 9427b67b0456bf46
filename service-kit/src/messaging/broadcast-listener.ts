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
  /** The parts of the CloudEvent that the listener needs. A message that does not parse is logged and dropped. */
  schema: ZodType<Event>;
  onMessage: (message: IncomingMessage<Event>) => void;
  /**
   * Called each time the queue exists again. Earlier messages are lost, so read elsewhere what happened meanwhile. Later
   * messages arrive at `onMessage`, perhaps before that reading is done.
   */
  onBound: () => void;
  logger: Logger;
  /** How long `start` waits for the first queue before it goes on without, in milliseconds. Default 2,000. */
  startTimeoutMs?: number;
}

export interface BroadcastListener extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether the queue exists and is consumed, as far as this process knows. */
  isBound(): boolean;
}

/** The broker deletes a queue that has had no consumer for this long, for example because a right is missing. */
const UNUSED_QUEUE_EXPIRES_MS = 60_000;

/**
 * Receives messages that every instance must get, through a queue of its own: named by the broker, exclusive, and gone
 * with its connection. It is a shortcut to something that can also be read elsewhere: messages are not kept while the
 * listener is disconnected, and not retried.
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
    logger.warn('Broadcast dropped: unreadable', {
      exchange,
      routingKey,
      messageId,
      reason: parsed.reason,
    });
  }

  /** A failing listener costs one message, not the channel or the process. */
  function report(call: () => void): void {
    try {
      call();
    } catch (error) {
      logger.error('Broadcast handler failed', { exchange, routingKey, error });
    }
  }

  async function listen(channel: Channel): Promise<void> {
    let isOpen = true;
    channel.once('close', () => {
      isOpen = false;
      if (bound === channel) bound = undefined;
    });
    // The exchange itself may be gone.
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
      // The broker has cancelled the consumer (queue deleted, node gone): begin again on another channel.
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
