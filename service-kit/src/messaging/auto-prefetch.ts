import type { BatchObservation } from './channel-consumer.ts';

export const PREFETCH_RANGE = { min: 1, max: 2_000 } as const;

/** How long deliveries may wait in this process while another consumer could take them, in milliseconds. */
const LONGEST_WAIT_MS = 50;
/** A smaller change is not worth a new channel. */
const LEAST_CHANGE = 0.25;

/** @returns the first prefetch: one batch in work and one waiting */
export const initialPrefetch = (batchSize: number): number => inBatches(2, batchSize);

/**
 * Adapts the prefetch to the load. By Little's law, the number of deliveries in the process must be the rate times the
 * time that a delivery takes to arrive and be handled. When the handler is idle between full batches although the queue
 * has more, the prefetch grows by the ratio of that time to the time of handling. When even the newest message of every
 * batch waited too long, the prefetch shrinks in proportion to the wait.
 *
 * The prefetch is a whole number of batches, because a remainder would make every other batch a small one. It is at least
 * one batch.
 *
 * Measured: 84 to 142 % of the rate of the best fixed prefetch (docs/tuning.md of Laurel).
 *
 * Source of the rule: RabbitMQ blog, "Some queuing theory: throughput, latency and bandwidth" (2012).
 *
 * @param current the prefetch in force
 * @param batchSize maximum number of messages in a batch
 * @param batches observed since the last change
 * @returns the next prefetch; `current` when a change is not worth it
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

/** The prefetch for whole batches, within its range. */
function inBatches(batches: number, batchSize: number): number {
  const most = Math.max(1, Math.floor(PREFETCH_RANGE.max / batchSize));
  return Math.min(PREFETCH_RANGE.max, batchSize * Math.min(most, Math.max(1, batches)));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
