import { type Identity, isAccount } from 'service-kit/identity';
import type { RedisClient } from 'service-kit/redis';
import type { RateLimit, Route } from '../routing/route.ts';
import { networkOf } from './network-of.ts';
import { type LimitState, rateLimitHeaders, retryAfter } from './rate-limit-headers.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

export interface RateDecision {
  /** For the answer, whoever gives it. */
  headers: Readonly<Record<string, string>>;
  /** Undefined: the request is within all limits of its entry. */
  refused: { retryAfter: string } | undefined;
}

/** Counts requests against the limits of the entries that serve them. */
export interface RateLimits {
  take(route: Route, identity: Identity): Promise<RateDecision>;
}

/** @param redis without it each process counts for itself */
export function createRateLimits(redis: RedisClient | undefined): RateLimits {
  // By the entry's own object, so that what a reload has replaced is forgotten; the counts in Redis stay.
  const buckets = new WeakMap<RateLimit, TokenBucket>();

  function bucketOf(route: Route, rule: RateLimit): TokenBucket {
    let bucket = buckets.get(rule);
    if (!bucket) {
      bucket = createTokenBucket({ redis, name: `${route.name}:${rule.by}`, ...rule });
      buckets.set(rule, bucket);
    }
    return bucket;
  }

  return {
    async take(route, identity) {
      const asked = route.rateLimits.flatMap((rule) => {
        const key = keyOf(rule, identity);
        return key === undefined ? [] : [{ rule, taken: bucketOf(route, rule).take(key) }];
      });
      const states: LimitState[] = await Promise.all(
        asked.map(async ({ rule, taken }) => ({ rule, taken: await taken })),
      );
      return { headers: rateLimitHeaders(states), refused: retryAfter(states) };
    },
  };
}

/** Whom a limit counts a request for; undefined: it does not count this one. */
function keyOf({ by }: RateLimit, identity: Identity): string | undefined {
  if (by === 'address') return networkOf(identity.clientAddress);
  if (identity.userId === '') return undefined;
  return isAccount(identity) === (by === 'account') ? identity.userId : undefined;
}
