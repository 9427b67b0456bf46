import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from 'service-kit/redis';

export interface TokenBucketOptions {
  /** Without it each process counts for itself. */
  redis: RedisClient | undefined;
  /** Part of every key, so that buckets do not share their counts. */
  name: string;
  /** Requests in a window, and at once. */
  limit: number;
  windowSeconds: number;
}

export interface Taken {
  allowed: boolean;
  /** How many more would be allowed now. */
  remaining: number;
  /** After how many milliseconds one more will be. */
  nextInMs: number;
}

/** Holds so many tokens, and gets them back evenly over the window. */
export interface TokenBucket {
  take(key: string): Promise<Taken>;
}

/**
 * The library counts fixed windows, which let twice the limit pass at one moment, and a log of a sliding window takes
 * memory for every request. A token bucket takes one number a key: the time when it will be full again (the
 * "theoretical arrival time" of ATM's GCRA, ITU-T I.371). What is refused takes nothing, so that nobody is locked out
 * by trying on. The arguments are the library's: points, window in seconds, limit.
 */
const TOKEN_BUCKET = `
local time = redis.call('time')
local now = time[1] * 1000 + time[2] / 1000
local window = ARGV[2] * 1000
local limit = tonumber(ARGV[3])
local step = window / limit
local full = math.max(tonumber(redis.call('get', KEYS[1]) or 0), now) + step
local used = math.ceil((full - now) / step - 0.001)
if used > limit then return {limit + 1, math.ceil(full - now - window)} end
redis.call('set', KEYS[1], string.format('%.3f', full), 'px', math.ceil(full - now))
return {used, math.ceil(full - now - (used - 1) * step)}
`;

/** While Redis is away each process counts for itself, over fixed windows. */
export function createTokenBucket(options: TokenBucketOptions): TokenBucket {
  const { redis, name, limit, windowSeconds } = options;
  const window = { points: limit, duration: windowSeconds, keyPrefix: `rate:${name}` };
  const memory = new RateLimiterMemory(window);
  const limiter =
    redis === undefined
      ? memory
      : new RateLimiterRedis({
          ...window,
          storeClient: redis,
          useRedisPackage: true,
          rejectIfRedisNotReady: true,
          customIncrTtlLuaScript: TOKEN_BUCKET,
          insuranceLimiter: memory,
        });

  return {
    async take(key) {
      try {
        return taken(true, await limiter.consume(key));
      } catch (refused) {
        if (refused instanceof RateLimiterRes) return taken(false, refused);
        throw refused;
      }
    },
  };
}

function taken(allowed: boolean, { remainingPoints, msBeforeNext }: RateLimiterRes): Taken {
  return { allowed, remaining: remainingPoints, nextInMs: msBeforeNext };
}
