import type { Registry } from '@prometheus-io/client';
import type { ReadinessCheck } from 'service-kit/admin';
import type { SigningKey } from 'service-kit/identity';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { createBroadcastListener, type BroadcastListener } from 'service-kit/messaging';
import { createRevocationList, type RevocationList } from './revocation-list.ts';
import { observeRevocations } from './revocation-metrics.ts';
import { createRevocationPoll, type RevocationPoll } from './revocation-poll.ts';
import { createRevocationSource } from './revocation-source.ts';
import { SessionsRevoked } from './revocation.ts';

/** The revoked access tokens that this process knows. */
export interface Revocations extends Pick<RevocationList, 'isRevoked'> {
  /** False until all revocations have been read once. Before that every token is refused. */
  loaded(): boolean;
  check: ReadinessCheck;
  components: readonly Component[];
}

export interface RevocationsSettings {
  /** Signs the requests to auth-service. Without it revocations are not read, and missed messages stay missed. */
  internalKey: SigningKey | undefined;
  /** auth-service's addresses. */
  origins: readonly string[];
  /** Time between readings. */
  refreshMs: number;
  /** Longest life of an access token. */
  tokenLifeMs: number;
  /** Most sessions and accounts that are remembered. */
  limit: number;
}

export interface RevocationsDeps {
  /** The broker's nodes. Without them revocations are only read, which takes up to `refreshMs`. */
  brokerUrls: readonly string[] | undefined;
  settings: RevocationsSettings;
  now: () => number;
  logger: Logger;
  metrics: Registry;
}

const STALE_AFTER_MISSED = 3;

/**
 * Revocations arrive in two ways. The broker sends each one to a queue of this process, within a second. And the
 * process reads them from auth-service with an overlapping cursor: all at the start, then every few seconds, and
 * at once when its queue is new. So an outage of RabbitMQ delays a revocation by at most `refreshMs`.
 */
export function createRevocations(deps: RevocationsDeps): Revocations {
  const { settings, brokerUrls, now, logger, metrics } = deps;
  const { internalKey, origins, refreshMs, tokenLifeMs, limit } = settings;
  const list = createRevocationList({ tokenLifeMs, limit, now, logger });
  const source = internalKey && createRevocationSource({ origins, key: internalKey, now });
  const poll =
    source &&
    createRevocationPoll({
      read: (cursor) => source.read(cursor),
      apply: (items) => {
        list.forgetExpired();
        for (const item of items) list.add(item, item.revokedAt);
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
        list.add(data, time === undefined ? now() : Date.parse(time));
        if (!poll) list.forgetExpired();
      },
      onBound: () => poll?.readNow(),
      logger,
    });
  warnOfMissingSettings(poll, listener, logger);
  observeRevocations(metrics, list, poll);

  return {
    loaded: () => poll?.loaded() ?? true,
    isRevoked: (token) => list.isRevoked(token),
    check: async () => {
      if (!poll) return { degraded: 'INTERNAL_KEYS is not set' };
      const age = poll.age();
      if (age === undefined) throw new Error('revocations have never been read');
      if (age > refreshMs * STALE_AFTER_MISSED) {
        return { degraded: `not read for ${Math.round(age / 1000)} s` };
      }
      return listener && !listener.isBound() ? { degraded: 'RabbitMQ unavailable' } : undefined;
    },
    // The listener starts first, so that no revocation falls between the first reading and the queue.
    components: [source?.component, listener, poll?.component].filter((each) => each !== undefined),
  };
}

function warnOfMissingSettings(
  poll: RevocationPoll | undefined,
  listener: BroadcastListener | undefined,
  logger: Logger,
): void {
  if (!poll && !listener) {
    logger.warn('INTERNAL_KEYS and RABBITMQ_URL are not set: a revoked access token works until it expires');
  } else if (!poll) {
    logger.warn('INTERNAL_KEYS is not set: revocations sent while this process is not connected are missed');
  } else if (!listener) {
    logger.warn('RABBITMQ_URL is not set: revocations are only read, every REVOCATIONS_REFRESH');
  }
}
