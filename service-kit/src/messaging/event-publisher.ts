import type { Registry } from '@prometheus-io/client';
import type { Component } from '../lifecycle/index.ts';
import type { Logger } from '../logging/index.ts';
import { createBrokerConnection } from './broker-connection.ts';
import { CLOUD_EVENT_CONTENT_TYPE, encodeCloudEvent, type OutgoingMessage } from './cloud-event.ts';
import { createPublisher } from './publisher.ts';

export interface EventPublisherOptions {
  /** Name of the connection at the broker, for example `api-gateway:publish`. */
  name: string;
  /** AMQP URLs of the broker's nodes, tried in turn. */
  urls: readonly string[];
  /** Maximum number of unconfirmed messages; further ones wait. */
  window: number;
  /** How long a confirm may take, in milliseconds, before the channel is given up. Default 30,000. */
  confirmTimeoutMs?: number;
  logger: Logger;
  metrics?: Registry;
}

export interface EventPublisher extends Component {
  start(): Promise<void>;
  stop(): Promise<void>;
  /**
   * Resolves when the broker has put the event into every bound queue.
   *
   * @param envelope.id the same when the event is sent again
   * @param envelope.source CloudEvents `source`
   * @throws {PublishError} otherwise
   */
  publish(message: OutgoingMessage, envelope: { id: string; source: string; time: Date }): Promise<void>;
  /** True while an event can be sent. */
  isReady(): boolean;
}

/**
 * Sends events without an outbox, for senders that change no state with them. An event that the broker does not take is
 * not retried: the caller gets the error. The exchange belongs to another service and is not declared here; events fail
 * until it exists. `start` does not wait for the broker.
 */
export function createEventPublisher(options: EventPublisherOptions): EventPublisher {
  const { name, urls, logger } = options;
  const connection = createBrokerConnection({ urls, name, topology: { exchanges: {}, queues: {} }, logger });
  const publisher = createPublisher({ ...options, connection });

  return {
    name: `publisher ${name}`,
    start: async () => {
      await connection.open(0);
      await publisher.start();
    },
    stop: async () => {
      await publisher.stop();
      await connection.close();
    },
    isReady: () => publisher.isReady(),
    publish: (message, envelope) =>
      publisher.publish({
        id: envelope.id,
        exchange: message.exchange,
        routingKey: message.routingKey,
        content: Buffer.from(encodeCloudEvent(message, envelope)),
        contentType: CLOUD_EVENT_CONTENT_TYPE,
        type: message.type,
        mandatory: message.mandatory ?? true,
      }),
  };
}
