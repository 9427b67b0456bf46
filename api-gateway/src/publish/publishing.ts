import type { Registry } from '@prometheus-io/client';
import type { ReadinessCheck } from 'service-kit/admin';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { createEventPublisher } from 'service-kit/messaging';
import type { MessageContracts } from './message-contracts.ts';
import { createPublishRequest, type PublishRequest } from './publish-request.ts';

/** Unconfirmed messages; by Little's law enough for 50,000 a second at 10 ms to the confirm. */
const WINDOW = 500;
const CONFIRM_TIMEOUT_MS = 10_000;

export interface Publishing {
  publish: PublishRequest;
  /** By what `/readyz` shows them; none where there is no broker. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  components: readonly Component[];
}

export interface PublishingOptions {
  /** The broker's nodes. Without them whatever publishes answers 503. */
  brokerUrls: readonly string[] | undefined;
  contracts: MessageContracts;
  /** See `createPublishRequest`. */
  mostBytes: number;
  now: () => number;
  logger: Logger;
  metrics: Registry;
}

/** The entries of the routing table that publish, with the connection to the broker that they share. */
export function createPublishing(options: PublishingOptions): Publishing {
  const { brokerUrls, logger, metrics } = options;
  if (!brokerUrls) {
    return {
      publish: createPublishRequest({ ...options, publisher: undefined }),
      checks: {},
      components: [],
    };
  }
  const publisher = createEventPublisher({
    name: 'api-gateway:publish',
    urls: brokerUrls,
    window: WINDOW,
    confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
    logger,
    metrics,
  });
  return {
    publish: createPublishRequest({ ...options, publisher }),
    checks: {
      publishing: async () => (publisher.isReady() ? undefined : { degraded: 'RabbitMQ takes no messages' }),
    },
    components: [publisher],
  };
}
