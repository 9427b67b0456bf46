import type { BatchObservation } from './lane.ts';

export const PREFETCH_RANGE = { min: 1, max: 2_000 } as const;

/** Longest time that deliveries should wait in the process while others could have them, in milliseconds. */
const LONGEST_WAIT_MS = 50;
const SHRINK_AT_MOST = 0.25;
const GROW = 2;
/** Smaller changes are not worth a new channel. */
const LEAST_CHANGE = 0.25;

/** @returns the prefetch to begin with: one batch being handled and one waiting */
export const initialPrefetch = (batchSize: number): number => clamp(2 * batchSize);

/**
 * Follows the load. By Little's law, what must be in hand is the rate times the time that a delivery spends here;
 * when even the newest message of every batch waited too long, that is more than the handler can use, and the
 * surplus is in proportion to the wait. When the hand was full and nothing waited long, the prefetch was the
 * limit.
 *
 * Source of the rule: RabbitMQ blog, "Some queuing theory: throughput, latency and bandwidth" (2012).
 *
 * @param current the prefetch in force
 * @param batches what was observed since the last change
 * @returns the prefetch to use from now on, `current` when a change is not worth it
 */
export function nextPrefetch(current: number, batches: readonly BatchObservation[]): number {
  if (batches.length === 0) return current;
  const shortestWait = Math.min(...batches.map(({ waitMs }) => waitMs));
  const handWasFull = batches.some(({ handFull }) => handFull);
  const wanted =
    shortestWait > LONGEST_WAIT_MS
      ? current * Math.max(SHRINK_AT_MOST, LONGEST_WAIT_MS / shortestWait)
      : current * (handWasFull ? GROW : 1);
  const next = clamp(Math.round(wanted));
  return Math.abs(next - current) / current >= LEAST_CHANGE ? next : current;
}

function clamp(prefetch: number): number {
  return Math.min(PREFETCH_RANGE.max, Math.max(PREFETCH_RANGE.min, prefetch));
}
