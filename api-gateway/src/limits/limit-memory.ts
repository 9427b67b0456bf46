import { LRUCache } from 'lru-cache';

/** Callers remembered over all limits, for each of the two reasons; beyond that the one that came longest ago is forgotten. */
const MOST_CALLERS = 100_000;

/** What this process knows of callers, in milliseconds on the clock of `performance`. */
export interface LimitMemory {
  /** When the buckets of callers are full again, for as long as they are counted here. */
  fullAt: LRUCache<string, number>;
  /** When those who were refused can be served again: before that Redis need not be asked. */
  refusedUntil: LRUCache<string, number>;
}

/** One for all limits: its place, some megabytes, is taken at once. */
export function createLimitMemory(): LimitMemory {
  return { fullAt: new LRUCache({ max: MOST_CALLERS }), refusedUntil: new LRUCache({ max: MOST_CALLERS }) };
}
