import { createHash } from 'node:crypto';
import type { RedisClient } from 'service-kit/redis';
import { type BucketSize, TAKE_TOKENS, type Taken } from './token-bucket.ts';

/** The buckets that all gateways share. */
export interface SharedBuckets {
  /**
   * Takes a token of each bucket, or of none where one has none left.
   *
   * @param keys of the buckets; in a Redis cluster they have to be in one slot
   * @param sizes of each of them
   * @returns undefined while Redis is away or does not answer: the caller then counts by itself
   */
  take(keys: readonly string[], sizes: readonly BucketSize[]): Promise<Taken[] | undefined>;
}

// A healthy Redis needs a thousandth of it, and requests wait for the answer.
const PATIENCE_MS = 500;
const SHA1 = createHash('sha1').update(TAKE_TOKENS).digest('hex');
/** No time limit of the client's, which ends when the command is sent, and takes longer to set than all the rest. */
const OPTIONS = { timeout: 0 };
const AWAY = Promise.resolve(undefined);

/** Of each bucket the tokens used (see `TAKE_TOKENS`), and `nextInMs`. */
type Reply = number[];

/** At Redis, one call of a script for a request; the calls of one turn of the event loop are sent together. */
export function createSharedBuckets(redis: RedisClient): SharedBuckets {
  // Redis answers in order: while somebody has waited in vain, nobody else's answer would come sooner.
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

/** It was never told the script, or has been started again. */
function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
