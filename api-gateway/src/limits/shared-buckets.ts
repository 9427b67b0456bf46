import { createHash } from 'node:crypto';
import type { RedisClient } from 'service-kit/redis';
import { type BucketSize, TAKE_TOKEN, type Taken } from './token-bucket.ts';

/** The buckets that all gateways share. */
export interface SharedBuckets {
  /** @returns undefined while Redis is away or does not answer: whoever asks has to count for itself */
  take(key: string, size: BucketSize): Promise<Taken | undefined>;
}

// A healthy Redis needs a thousandth of it, and requests wait for the answer.
const PATIENCE_MS = 500;
const SHA1 = createHash('sha1').update(TAKE_TOKEN).digest('hex');
/** No time limit of the client's, which ends when the command is sent, and takes longer to set than all the rest. */
const OPTIONS = { timeout: 0 };
const AWAY = Promise.resolve(undefined);

/** Tokens used (see `TAKE_TOKEN`), and `nextInMs`. */
type Reply = [number, number];

/** At Redis, one call of a script for a token; the calls of one turn of the event loop are sent together. */
export function createSharedBuckets(redis: RedisClient): SharedBuckets {
  // Redis answers in order: while somebody has waited in vain, nobody else's answer would come sooner.
  let overdue = 0;

  return {
    take(key, { limit, windowSeconds }) {
      if (!redis.isReady || overdue > 0) return AWAY;
      const { promise, resolve } = Promise.withResolvers<Taken | undefined>();
      let isLate = false;
      const patience = setTimeout(() => {
        isLate = true;
        overdue += 1;
        resolve(undefined);
      }, PATIENCE_MS);
      const settle = (taken?: Taken): void => {
        clearTimeout(patience);
        if (isLate) overdue -= 1;
        resolve(taken);
      };
      const onReply = ([used, nextInMs]: Reply): void =>
        settle({ allowed: used <= limit, remaining: Math.max(limit - used, 0), nextInMs });
      const onError = (): void => settle();
      const rest = ['1', key, String(windowSeconds * 1_000), String(limit)];
      redis.sendCommand<Reply>(['EVALSHA', SHA1, ...rest], OPTIONS).then(onReply, (error: unknown) => {
        if (!isNoScript(error)) onError();
        else redis.sendCommand<Reply>(['EVAL', TAKE_TOKEN, ...rest], OPTIONS).then(onReply, onError);
      });
      return promise;
    },
  };
}

/** It was never told the script, or has been started again. */
function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT');
}
