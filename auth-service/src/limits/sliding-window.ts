import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { RedisClient } from 'service-kit/redis';

export interface WindowOptions {
  redis: RedisClient;
  /** Part of every key, so that limits do not share their counts. */
  name: string;
  /** How many in a window of `windowMs` milliseconds. */
  limit: number;
  windowMs: number;
  onRefusal: () => void;
}

/** At most so many in any span of time, over all instances. */
export interface SlidingWindow {
  /** @returns undefined when it was counted, otherwise after how many milliseconds the next one will be */
  take(key: string): Promise<number | undefined>;
  /** Uncounts the latest one. */
  giveBack(key: string): Promise<void>;
}

/**
 * A sliding window log: a sorted set with the time of each try. The library counts fixed windows, which let twice the
 * limit pass around their border. A refused try does not count, so that trying on locks no player out. The arguments
 * are the library's: points, window in seconds, limit.
 */
const SLIDING_LOG = `
local time = redis.call('time')
local now = time[1] * 1000000 + time[2]
local window = ARGV[2] * 1000000
local limit = tonumber(ARGV[3])
redis.call('zremrangebyscore', KEYS[1], '-inf', now - window)
local used = redis.call('zcard', KEYS[1])
local oldest = redis.call('zrange', KEYS[1], 0, 0, 'withscores')[2] or now
local wait = math.ceil((oldest + window - now) / 1000)
if tonumber(ARGV[1]) < 0 then
  redis.call('zpopmax', KEYS[1])
  return {math.max(used - 1, 0), wait}
end
if used >= limit then return {limit + 1, wait} end
redis.call('zadd', KEYS[1], now, string.format('%.0f', now))
redis.call('expire', KEYS[1], ARGV[2])
return {used + 1, wait}
`;

/** While Redis is unavailable, each instance counts for itself. */
export function createSlidingWindow(options: WindowOptions): SlidingWindow {
  const { redis, name, limit, windowMs, onRefusal } = options;
  const window = { points: limit, duration: Math.ceil(windowMs / 1_000), keyPrefix: `limit:${name}` };
  const limiter = new RateLimiterRedis({
    ...window,
    storeClient: redis,
    useRedisPackage: true,
    rejectIfRedisNotReady: true,
    customIncrTtlLuaScript: SLIDING_LOG,
    insuranceLimiter: new RateLimiterMemory(window),
  });

  return {
    take: async (key) => {
      try {
        await limiter.consume(key);
        return undefined;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        onRefusal();
        return refused.msBeforeNext;
      }
    },
    giveBack: async (key) => void (await limiter.reward(key)),
  };
}
