import type { BatchObservation } from './channel-consumer.ts';

export const PREFETCH_RANGE = { min: 1, max: 2_000 } as const;

/** Longest time that deliveries should wait in the process while others could have them, in milliseconds. */
const LONGEST_WAIT_MS = 50;
/** Smaller changes are not worth a new channel. */
const LEAST_CHANGE = 0.25;

/** @returns the prefetch to begin with: one batch being handled and one waiting */
export const initialPrefetch = (batchSize: number): number => inBatches(2, batchSize);

/**
 * Follows the load. By Little's law, what must be in hand is the rate times the time that a delivery spends on its
 * way and here. A handler that stands idle between full batches, although the queue has more, works only for a
 * part of that time, and would be kept busy by as many times the prefetch as the time is longer than that part.
 * When even the newest message of every batch waited too long, more is in hand than can be used, and the surplus
 * is in proportion to the wait.
 *
 * The prefetch is a number of whole batches, because what is left over makes every other batch a small one. One
 * batch is always right: what is being handled does not wait.
 *
 * Source of the rule: RabbitMQ blog, "Some queuing theory: throughput, latency and bandwidth" (2012).
 *
 * @param current the prefetch in force
 * @param batchSize most messages in a batch
 * @param batches what was observed since the last change
 * @returns the prefetch to use from now on, `current` when a change is not worth it
 */
export function nextPrefetch(
  current: number,
  batchSize: number,
  batches: readonly BatchObservation[],
): number {
  const full = batches.filter((batch) => batch.full);
  if (full.length === 0) return current;
  const shortestWaitMs = Math.min(...batches.map(({ waitMs }) => waitMs));
  if (shortestWaitMs > LONGEST_WAIT_MS) {
    const factor = LONGEST_WAIT_MS / shortestWaitMs;
    return factor > 1 - LEAST_CHANGE
      ? current
      : inBatches(Math.floor((current * factor) / batchSize), batchSize);
  }
  const idleMs = median(full.map((batch) => batch.idleMs));
  const handleMs = median(full.map((batch) => batch.handleMs));
  const factor = (idleMs + handleMs) / handleMs;
  return factor < 1 + LEAST_CHANGE
    ? current
    : inBatches(Math.ceil((current * factor) / batchSize), batchSize);
}

/** As many whole batches as there may be in hand. */
function inBatches(batches: number, batchSize: number): number {
  const most = Math.max(1, Math.floor(PREFETCH_RANGE.max / batchSize));
  return Math.min(PREFETCH_RANGE.max, batchSize * Math.min(most, Math.max(1, batches)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
