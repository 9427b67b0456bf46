import type { Registry } from '@prometheus-io/client';
import type { ReadinessCheck } from 'service-kit/admin';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { createEventPublisher } from 'service-kit/messaging';
import type { MessageContracts } from './message-contracts.ts';
import { createPublishRequest, type PublishRequest } from './publish-request.ts';

/** Most unconfirmed messages. By Little's law enough for 50,000 a second at 10 ms to the confirm. */
const WINDOW = 500;
const CONFIRM_TIMEOUT_MS = 10_000;

export interface Publishing {
  publish: PublishRequest;
  /** By their names in `/readyz`; none without a broker. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  components: readonly Component[];
}

export interface PublishingDeps {
  /** The broker's nodes. Without them publish routes answer 503. */
  brokerUrls: readonly string[] | undefined;
  contracts: MessageContracts;
  /** See `createPublishRequest`. */
  maxBytes: number;
  now: () => number;
  logger: Logger;
  metrics: Registry;
}

/** Publish routes and their connection to the broker. */
export function createPublishing(deps: PublishingDeps): Publishing {
  const { brokerUrls, contracts, maxBytes, now, logger, metrics } = deps;
  const publisher =
    brokerUrls &&
    createEventPublisher({
      name: 'api-gateway:publish',
      urls: brokerUrls,
      window: WINDOW,
      confirmTimeoutMs: CONFIRM_TIMEOUT_MS,
      logger,
      metrics,
    });
  const publish = createPublishRequest({ publisher, contracts, maxBytes, now, logger });
  if (!publisher) return { publish, checks: {}, components: [] };
  return {
    publish,
    checks: {
      publishing: async () => (publisher.isReady() ? undefined : { degraded: 'RabbitMQ takes no messages' }),
    },
    components: [publisher],
  };
}
