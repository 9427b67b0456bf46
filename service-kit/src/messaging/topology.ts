import type { Channel } from 'amqplib';
import type { Duration } from '../config/index.ts';

export interface QueueTopology {
  bindings: readonly { exchange: string; routingKey: string }[];
  /** `classic` has no replication, no delivery limit and no safe dead-lettering. It is for development. */
  type: 'quorum' | 'classic';
  /** After this many deliveries the broker itself moves a message to the dead-letter queue. */
  deliveryLimit: number;
  /** Delays before each retry of a message that fails alone. After the last one it is dead-lettered. */
  retryDelays: readonly Duration[];
}

/** The exchanges and queues of a service, as data. */
export interface Topology {
  exchanges: Readonly<Record<string, { type: 'topic' | 'direct' | 'fanout' }>>;
  queues: Readonly<Record<string, QueueTopology>>;
}

/** @returns the name of the queue in which messages of `queue` wait for `label` */
export const retryQueueOf = (queue: string, label: string): string => `${queue}.retry.${label}`;

/** @returns the name of the dead-letter queue of `queue` */
export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/**
 * Declares everything in `topology` as durable; existing exchanges and queues stay. Each delay has a queue of its own with
 * a fixed time to live, because RabbitMQ expires messages only at the head of a queue.
 *
 * @throws when a queue exists with other arguments (406 PRECONDITION_FAILED). To change type or limits, drain the queue
 * and create it again.
 */
export async function declareTopology(channel: Channel, topology: Topology): Promise<void> {
  for (const [exchange, { type }] of Object.entries(topology.exchanges)) {
    await channel.assertExchange(exchange, type, { durable: true });
  }
  for (const [queue, definition] of Object.entries(topology.queues)) {
    const dead = deadQueueOf(queue);
    await assertQueue(channel, dead, definition.type, limitedTo(UNLIMITED_DELIVERIES, definition.type));
    for (const { label, ms } of definition.retryDelays) {
      await assertQueue(channel, retryQueueOf(queue, label), definition.type, {
        'x-message-ttl': ms,
        ...deadLetteringTo(queue, definition.type),
      });
    }
    await assertQueue(channel, queue, definition.type, {
      ...limitedTo(definition.deliveryLimit, definition.type),
      ...deadLetteringTo(dead, definition.type),
    });
    for (const { exchange, routingKey } of definition.bindings) {
      await channel.bindQueue(queue, exchange, routingKey);
    }
  }
}

// From RabbitMQ 4.0 on, a quorum queue drops a message after 20 deliveries by default. Reading dead letters delivers them
// and puts them back, and must never lose one.
const UNLIMITED_DELIVERIES = 1_000_000_000;

function limitedTo(deliveryLimit: number, type: QueueTopology['type']): Record<string, number> {
  return type === 'quorum' ? { 'x-delivery-limit': deliveryLimit } : {};
}

/** `at-least-once` keeps a message until its dead-letter copy is safe. RabbitMQ requires `reject-publish` with it. */
function deadLetteringTo(queue: string, type: QueueTopology['type']): Record<string, string> {
  const target = { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': queue };
  if (type === 'classic') return target;
  return { ...target, 'x-dead-letter-strategy': 'at-least-once', 'x-overflow': 'reject-publish' };
}

async function assertQueue(
  channel: Channel,
  queue: string,
  type: QueueTopology['type'],
  more: Record<string, string | number>,
): Promise<void> {
  await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': type, ...more } });
}
