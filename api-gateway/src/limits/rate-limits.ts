import { Counter, type Registry } from '@prometheus-io/client';
import { type Identity, isAccount } from 'service-kit/identity';
import type { RedisClient } from 'service-kit/redis';
import type { RateLimit, Route } from '../routing/route.ts';
import { createLimitMemory } from './limit-memory.ts';
import { LimitSet } from './limit-set.ts';
import { networkOf } from './network-of.ts';
import { type LimitState, rateLimitHeaders, retryAfter } from './rate-limit-headers.ts';
import { createSharedBuckets } from './shared-buckets.ts';

export interface RateDecision {
  /** For the answer, whoever gives it: names and values in turn. */
  headers: readonly string[];
  /** Undefined: the request is within all limits of its entry. */
  refused: { retryAfter: string } | undefined;
}

/** Counts requests against the limits of the entries that serve them. */
export interface RateLimits {
  take(route: Route, identity: Identity): Promise<RateDecision>;
}

/** @param redis without it each process counts for itself */
export function createRateLimits(redis: RedisClient | undefined, metrics: Registry): RateLimits {
  const shared = redis && createSharedBuckets(redis);
  const memory = createLimitMemory();
  // By the table's own list, which entries with one limit share; what a reload has replaced is forgotten, and the counts
  // in Redis stay.
  const sets = new WeakMap<readonly RateLimit[], LimitSet>();
  const refusals = new Counter({
    name: 'gateway_rate_limited_requests_total',
    help: 'Requests that a rate limit refused, by the limit and by whom it counts',
    labelNames: ['route', 'limit', 'by'],
    registers: [metrics],
  });

  function setOf({ rateLimits, limitName }: Route): LimitSet {
    let set = sets.get(rateLimits);
    if (!set) {
      set = new LimitSet({ shared, memory, name: limitName, rules: rateLimits });
      sets.set(rateLimits, set);
    }
    return set;
  }

  function noteRefusals(route: Route, states: readonly LimitState[]): void {
    for (const { rule, taken } of states) {
      if (!taken.allowed) refusals.inc({ route: route.name, limit: route.limitName, by: rule.by });
    }
  }

  return {
    async take(route, identity) {
      const states = await setOf(route).take((rule) => callerOf(rule, identity));
      const refused = retryAfter(states);
      if (refused) noteRefusals(route, states);
      return { headers: rateLimitHeaders(states), refused };
    },
  };
}

function callerOf({ by }: RateLimit, identity: Identity): string | undefined {
  if (by === 'address') return networkOf(identity.clientAddress);
  if (identity.userId === '') return undefined;
  return isAccount(identity) === (by === 'account') ? identity.userId : undefined;
}
