import { type Identity, isAccount } from 'service-kit/identity';
import type { RedisClient } from 'service-kit/redis';
import type { RateLimit, Route } from '../routing/route.ts';
import { networkOf } from './network-of.ts';
import { LimitCounter } from './limit-counter.ts';
import { type LimitState, rateLimitHeaders, retryAfter } from './rate-limit-headers.ts';
import { createSharedBuckets } from './shared-buckets.ts';
import type { Taken } from './token-bucket.ts';

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
export function createRateLimits(redis: RedisClient | undefined): RateLimits {
  const shared = redis && createSharedBuckets(redis);
  // By the entry's own object, so that what a reload has replaced is forgotten; the counts in Redis stay.
  const counters = new WeakMap<RateLimit, LimitCounter>();

  function counterOf(route: Route, rule: RateLimit): LimitCounter {
    let counter = counters.get(rule);
    if (!counter) {
      counter = new LimitCounter(shared, `${route.name}:${rule.by}`, rule);
      counters.set(rule, counter);
    }
    return counter;
  }

  return {
    async take(route, identity) {
      const asked: Promise<LimitState>[] = [];
      for (const rule of route.rateLimits) {
        const caller = callerOf(rule, identity);
        if (caller !== undefined) asked.push(stateOf(rule, counterOf(route, rule).take(caller)));
      }
      const states = await Promise.all(asked);
      return { headers: rateLimitHeaders(states), refused: retryAfter(states) };
    },
  };
}

async function stateOf(rule: RateLimit, taken: Promise<Taken>): Promise<LimitState> {
  return { rule, taken: await taken };
}

/** Whom a limit counts a request for; undefined: it does not count this one. */
function callerOf({ by }: RateLimit, identity: Identity): string | undefined {
  if (by === 'address') return networkOf(identity.clientAddress);
  if (identity.userId === '') return undefined;
  return isAccount(identity) === (by === 'account') ? identity.userId : undefined;
}
