import { LRUCache } from 'lru-cache';
import type { SharedBuckets } from './shared-buckets.ts';
import { type BucketSize, type Taken, takeToken } from './token-bucket.ts';

/** Callers remembered for each of the two reasons; beyond that the one that came longest ago is forgotten. */
const MOST_CALLERS = 50_000;

/** Counts the callers of one limit: at Redis, and while that is away by itself. */
export class LimitCounter {
  readonly #shared: SharedBuckets | undefined;
  readonly #prefix: string;
  readonly #size: BucketSize;
  /** When the buckets of callers are full again, for as long as they are counted here. */
  readonly #own = new LRUCache<string, number>({ max: MOST_CALLERS });
  /** When those who were refused can be served again: before that Redis need not be asked. */
  readonly #refusedUntil = new LRUCache<string, number>({ max: MOST_CALLERS });

  /** @param name part of every key at Redis, so that limits do not share their counts */
  constructor(shared: SharedBuckets | undefined, name: string, size: BucketSize) {
    this.#shared = shared;
    this.#prefix = `rate:${name}:`;
    this.#size = size;
  }

  async take(caller: string): Promise<Taken> {
    const waitMs = (this.#refusedUntil.get(caller) ?? 0) - performance.now();
    if (waitMs > 0) return { allowed: false, remaining: 0, nextInMs: Math.ceil(waitMs) };
    const taken = await this.#shared?.take(this.#prefix + caller, this.#size);
    if (!taken) return this.#takeHere(caller);
    if (!taken.allowed) this.#refusedUntil.set(caller, performance.now() + taken.nextInMs);
    return taken;
  }

  #takeHere(caller: string): Taken {
    const [taken, fullAt] = takeToken(this.#own.get(caller) ?? 0, performance.now(), this.#size);
    this.#own.set(caller, fullAt);
    return taken;
  }
}
