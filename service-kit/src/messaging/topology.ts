import type { Channel } from 'amqplib';
import type { Duration } from '../config/index.ts';

export interface QueueTopology {
  bindings: readonly { exchange: string; routingKey: string }[];
  /** `classic` leaves out replication, delivery limit and safe dead-lettering; it is meant for development. */
  type: 'quorum' | 'classic';
  /** Deliveries after which the broker itself moves a message to the dead-letter queue. */
  deliveryLimit: number;
  /** The ladder that a message climbs when it fails alone; after the last step it is dead. */
  retryDelays: readonly Duration[];
}

/** What a service needs on the broker, as data. */
export interface Topology {
  exchanges: Readonly<Record<string, { type: 'topic' | 'direct' | 'fanout' }>>;
  queues: Readonly<Record<string, QueueTopology>>;
}

/** @returns the name of the queue in which messages of `queue` wait for `label`. */
export const retryQueueOf = (queue: string, label: string): string => `${queue}.retry.${label}`;

/** @returns the name of the queue that keeps what could not be handled. */
export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/**
 * Declares everything in `topology`, durable; what is there already stays. Each delay has a queue of its own
 * with a fixed time to live, because RabbitMQ expires messages only at a queue's head.
 *
 * @throws when a queue exists with other arguments (406 PRECONDITION_FAILED): type and limits of a queue are
 * changed by draining and re-creating it.
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

// From RabbitMQ 4.0 a quorum queue drops a message after 20 deliveries unless it is told otherwise. Looking at dead
// letters delivers them and puts them back, which must never cost one.
const UNLIMITED_DELIVERIES = 1_000_000_000;

function limitedTo(deliveryLimit: number, type: QueueTopology['type']): Record<string, number> {
  return type === 'quorum' ? { 'x-delivery-limit': deliveryLimit } : {};
}

/** `at-least-once` holds a message until its dead-letter copy is safe; RabbitMQ asks for `reject-publish` with it. */
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
