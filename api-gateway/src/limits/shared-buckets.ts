import { createHash } from 'node:crypto';
import type { RedisClient } from 'service-kit/redis';
import { type BucketSize, TAKE_TOKENS, type Taken } from './token-bucket.ts';

/** The token buckets in Redis, shared by all gateways. */
export interface SharedBuckets {
  /**
   * Takes a token of each bucket, or of none if one is empty.
   *
   * @param keys of the buckets; a Redis cluster needs them in one slot
   * @param sizes of the buckets
   * @returns undefined if Redis is unavailable or slow: the caller then counts by itself
   */
  take(keys: readonly string[], sizes: readonly BucketSize[]): Promise<Taken[] | undefined>;
}

// A healthy Redis answers in a thousandth of it, and requests wait for the answer.
const PATIENCE_MS = 500;
const SHA1 = createHash('sha1').update(TAKE_TOKENS).digest('hex');
/**
 * Turns off the client's own time-out: it ends when the command is sent, and setting it costs more than the rest.
 */
const OPTIONS = { timeout: 0 };
const AWAY = Promise.resolve(undefined);

/** For each bucket the tokens used (see `TAKE_TOKENS`), then `nextInMs`. */
type Reply = number[];

/** One call of a script for each request. Calls of one turn of the event loop are sent together. */
export function createSharedBuckets(redis: RedisClient): SharedBuckets {
  // Redis answers in order. While one answer is late, all others would be, so nobody else waits.
  let overdue = 0;

  return {
    take(keys, sizes) {
      if (!redis.isReady || overdue > 0) return AWAY;
      const { promise, resolve } = Promise.withResolvers<Taken[] | undefined>();
      let isLate = false;
      const patience = setTimeout(() => {
        isLate = true;
        overdue += 1;
        resolve(undefined);
      }, PATIENCE_MS);
      const settle = (taken?: Taken[]): void => {
        clearTimeout(patience);
        if (isLate) overdue -= 1;
        resolve(taken);
      };
      const onReply = (reply: Reply): void =>
        settle(sizes.map(({ limit }, i) => takenFrom(limit, reply[2 * i], reply[2 * i + 1])));
      const onError = (): void => settle();
      const rest = [String(keys.length), ...keys];
      for (const { limit, windowSeconds } of sizes) rest.push(String(windowSeconds * 1_000), String(limit));
      redis.sendCommand<Reply>(['EVALSHA', SHA1, ...rest], OPTIONS).then(onReply, (error: unknown) => {
        if (!isNoScript(error)) onError();
        else redis.sendCommand<Reply>(['EVAL', TAKE_TOKENS, ...rest], OPTIONS).then(onReply, onError);
      });
      return promise;
    },
  };
}

function takenFrom(limit: number, used = 0, nextInMs = 0): Taken {
  return { allowed: used <= limit, remaining: Math.max(limit - used, 0), nextInMs };
}

/** Redis does not have the script, or was restarted. */
function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
