import type { Registry } from '@prometheus-io/client';
import type { Channel } from 'amqplib';
import type { Db, MongoClient } from 'mongodb';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { createTransact, type Transact } from '../mongo/index.ts';
import { createBatchHandler } from './batch-handler.ts';
import { createBrokerConnection } from './broker-connection.ts';
import type { OutgoingMessage } from './cloud-event.ts';
import type { Consumer } from './consumer.ts';
import { createInbox } from './inbox.ts';
import { createOutbox } from './outbox.ts';
import { createPublisher } from './publisher.ts';
import { createQueueConsumer, type QueueConsumer } from './queue-consumer.ts';
import { createRelay } from './relay.ts';
import type { Topology } from './topology.ts';
import type { ConsumerTuning } from './tuning.ts';

export interface MessagingOptions {
  /** Name of the service: CloudEvents `source`, and part of the connections' names. */
  service: string;
  /** AMQP URLs of the broker's nodes. */
  urls: readonly string[];
  topology: Topology;
  client: MongoClient;
  db: Db;
  outbox: {
    /** Messages leased at a time. */
    batch: number;
    /** Maximum number of unconfirmed messages. */
    window: number;
    /** How long a lease holds, in milliseconds. */
    leaseMs: number;
  };
  /** How long handled message ids are remembered, in milliseconds. */
  inboxRetentionMs: number;
  /** How long a batch may take, in milliseconds, before its handler is reported as stuck. Default 60,000. */
  stuckAfterMs?: number;
  /**
   * How long consumers hold messages while MongoDB is unavailable, in milliseconds, before they give them back. It must be
   * less than the broker's `consumer_timeout` (default 30 minutes). Default 600,000.
   */
  giveBackAfterMs?: number;
  /** Wraps the channel of each consumer, for tests. */
  adaptChannel?: ((channel: Channel) => Channel) | undefined;
  logger: Logger;
  metrics?: Registry;
}

export interface Messaging {
  /** Changes state and sends messages in one transaction. */
  transact: Transact<OutgoingMessage>;
  /** Both connections and the relay. Start it after MongoDB and before the consumers. */
  component: Component;
  /** The consumers of a queue. Start them after `component`. */
  consume<Event extends { type: string; data: unknown }>(
    consumer: Consumer<Event>,
    tuning: ConsumerTuning,
  ): QueueConsumer;
  /** For readiness: why messages are not exchanged; undefined when they are. */
  trouble(): Promise<string | undefined>;
}

const WAIT_FOR_BROKER_MS = 5_000;
const OLDEST_OUTBOX_ROW_MS = 30_000;

/**
 * The messaging of a service: it changes state and sends through `transact`, and receives through `consume`. It publishes
 * and consumes on two connections, so that a broker alarm on one does not stop the other. The service also starts while
 * the broker is unavailable: messages wait in the outbox.
 */
export function createMessaging(options: MessagingOptions): Messaging {
  const { service, urls, topology, client, db, logger, metrics } = options;
  const { stuckAfterMs = 60_000, giveBackAfterMs = 600_000 } = options;
  const consumers: QueueConsumer[] = [];
  const publishing = createBrokerConnection({ urls, name: `${service}:publish`, topology, logger });
  const consuming = createBrokerConnection({ urls, name: `${service}:consume`, topology, logger });
  const publisher = createPublisher({
    connection: publishing,
    window: options.outbox.window,
    logger,
    metrics,
  });
  const relay = createRelay({ db, publisher, tuning: options.outbox, logger, metrics });
  const outbox = createOutbox({ db, source: service, relay });
  const inbox = createInbox(db, options.inboxRetentionMs);
  const transact = createTransact({ client, outbox, logger });

  return {
    transact,
    component: {
      name: 'messaging',
      start: async () => {
        await inbox.ensureIndexes();
        await Promise.all([publishing.open(WAIT_FOR_BROKER_MS), consuming.open(WAIT_FOR_BROKER_MS)]);
        await publisher.start();
        await relay.start();
      },
      stop: async () => {
        await relay.stop();
        await publisher.stop();
        await Promise.all([publishing.close(), consuming.close()]);
      },
    },
    consume: (consumer, tuning) => {
      const running = createQueueConsumer({
        queue: consumer.queue,
        connection: consuming,
        topology,
        tuning,
        stuckAfterMs,
        adaptChannel: options.adaptChannel,
        storeAnswers: async () => void (await db.command({ ping: 1 })),
        handle: createBatchHandler({
          consumer,
          transact,
          inbox,
          publisher,
          retryDelays: tuning.retryDelays,
          giveBackAfterMs,
          logger,
          metrics,
        }),
        logger,
        metrics,
      });
      consumers.push(running);
      return running;
    },
    trouble: async () => {
      if (!publishing.isOpen() || !consuming.isOpen()) return 'RabbitMQ unavailable';
      if (publishing.isBlocked()) return 'RabbitMQ blocks publishers';
      const stuck = consumers.flatMap((consumer) => consumer.trouble() ?? []);
      if (stuck.length > 0) return stuck.join(', ');
      const { ageMs, rows } = await relay.backlog();
      return ageMs > OLDEST_OUTBOX_ROW_MS
        ? `messages of ${rows} transactions wait, the oldest for ${ageMs} ms`
        : undefined;
    },
  };
}
