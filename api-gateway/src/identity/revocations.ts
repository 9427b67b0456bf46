import type { Registry } from '@prometheus-io/client';
import type { ReadinessCheck } from 'service-kit/admin';
import type { SigningKey } from 'service-kit/identity';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { createBroadcastListener, type BroadcastListener } from 'service-kit/messaging';
import { createRevocationBook, type RevocationBook } from './revocation-book.ts';
import { observeRevocations } from './revocation-metrics.ts';
import { createRevocationPoll, type RevocationPoll } from './revocation-poll.ts';
import { createRevocationSource } from './revocation-source.ts';
import { SessionsRevoked } from './revocation.ts';

/** Which access tokens were ended before their time, as far as it has been heard. */
export interface Revocations extends Pick<RevocationBook, 'isRevoked'> {
  /** False until all of them have been read once: before that no token can be believed. */
  loaded(): boolean;
  check: ReadinessCheck;
  components: readonly Component[];
}

export interface RevocationsOptions {
  /** Signs the questions to auth-service. Without it nothing is read, and what was missed stays missed. */
  internalKey: SigningKey | undefined;
  /** auth-service's addresses. */
  origins: readonly string[];
  /** The broker's nodes. Without them revocations are only read, which takes up to `refreshMs`. */
  brokerUrls: readonly string[] | undefined;
  refreshMs: number;
  tokenLifeMs: number;
  limit: number;
  now: () => number;
  logger: Logger;
  metrics: Registry;
}

const STALE_AFTER_MISSED = 3;

/**
 * Two ways lead here. Each instance hears every revocation over a queue of its own, within a second. And it always
 * asks auth-service as well, with a cursor that overlaps: for all of them at the start, then every few seconds and
 * at once when its queue is new. So nothing is missed for longer than that, whatever was away.
 */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { internalKey, origins, brokerUrls, refreshMs, now, logger, metrics } = options;
  const book = createRevocationBook(options);
  const source = internalKey && createRevocationSource({ origins, key: internalKey, now });
  const poll =
    source &&
    createRevocationPoll({
      read: (cursor) => source.read(cursor),
      apply: (items) => {
        book.forgetExpired();
        for (const item of items) book.add(item, item.revokedAt);
      },
      intervalMs: refreshMs,
      logger,
    });
  const listener =
    brokerUrls &&
    createBroadcastListener({
      name: 'api-gateway:revocations',
      urls: brokerUrls,
      exchange: 'laurel.accounts',
      routingKey: 'sessions.revoked',
      schema: SessionsRevoked,
      onMessage: ({ data, time }) => {
        book.add(data, time === undefined ? now() : Date.parse(time));
        if (!poll) book.forgetExpired();
      },
      onBound: () => poll?.readNow(),
      logger,
    });
  warnOfWhatIsMissing(poll, listener, logger);
  observeRevocations(metrics, book, poll);

  return {
    loaded: () => poll?.loaded() ?? true,
    isRevoked: (token) => book.isRevoked(token),
    check: async () => {
      if (!poll) return { degraded: 'INTERNAL_KEYS is not set' };
      const age = poll.age();
      if (age === undefined) throw new Error('revocations have never been read');
      if (age > refreshMs * STALE_AFTER_MISSED) {
        return { degraded: `not read for ${Math.round(age / 1000)} s` };
      }
      return listener && !listener.isBound() ? { degraded: 'RabbitMQ is away' } : undefined;
    },
    // The queue comes first, so that what is revoked after the first reading is heard.
    components: [source?.component, listener, poll?.component].filter((each) => each !== undefined),
  };
}

function warnOfWhatIsMissing(
  poll: RevocationPoll | undefined,
  listener: BroadcastListener | undefined,
  logger: Logger,
): void {
  if (!poll && !listener) {
    logger.warn('INTERNAL_KEYS and RABBITMQ_URL are not set: a revoked access token works until it expires');
  } else if (!poll) {
    logger.warn('INTERNAL_KEYS is not set: revocations that this process does not hear are never learned');
  } else if (!listener) {
    logger.warn('RABBITMQ_URL is not set: revocations are only polled, every REVOCATIONS_REFRESH');
  }
}
