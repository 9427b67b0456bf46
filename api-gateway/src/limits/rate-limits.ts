import { networkOf } from 'service-kit/http';
import { Counter, type Registry } from '@prometheus-io/client';
import { type Identity, isAccount } from 'service-kit/identity';
import type { RedisClient } from 'service-kit/redis';
import type { RateLimit, Route } from '../routing/route.ts';
import { createLimitMemory, LimitSet } from './limit-set.ts';
import { type LimitState, rateLimitHeaders, retryAfter } from './rate-limit-headers.ts';
import { createSharedBuckets } from './shared-buckets.ts';

export interface RateDecision {
  /** For the answer, also for that of a service: names and values in turn. */
  headers: readonly string[];
  /** Undefined if the request is within all limits. */
  refused: { retryAfter: string } | undefined;
}

/** Counts requests against the limits of their routes. */
export interface RateLimits {
  take(route: Route, identity: Identity): Promise<RateDecision>;
}

/** @param redis undefined: each process counts for itself */
export function createRateLimits(redis: RedisClient | undefined, metrics: Registry): RateLimits {
  const shared = redis && createSharedBuckets(redis);
  const memory = createLimitMemory();
  // By the list in the table, which routes with the same named limit share. After a reload the old sets are
  // forgotten; the counts in Redis stay.
  const sets = new WeakMap<readonly RateLimit[], LimitSet>();
  const refusals = new Counter({
    name: 'gateway_rate_limited_requests_total',
    help: 'Requests that a rate limit refused',
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

  function countRefusals(route: Route, states: readonly LimitState[]): void {
    for (const { rule, taken } of states) {
      if (!taken.allowed) refusals.inc({ route: route.name, limit: route.limitName, by: rule.by });
    }
  }

  return {
    async take(route, identity) {
      const states = await setOf(route).take((rule) => callerOf(rule, identity));
      const refused = retryAfter(states);
      if (refused) countRefusals(route, states);
      return { headers: rateLimitHeaders(states), refused };
    },
  };
}

function callerOf({ by }: RateLimit, identity: Identity): string | undefined {
  if (by === 'address') return networkOf(identity.clientAddress);
  if (identity.userId === '') return undefined;
  return isAccount(identity) === (by === 'account') ? identity.userId : undefined;
}
