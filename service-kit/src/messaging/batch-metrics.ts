import type { Registry } from '@prometheus-io/client';
import { histogramOf } from '../metrics/metrics.ts';
import type { BatchObservation } from './channel-consumer.ts';

const SECONDS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** @returns a function that records a batch of `queue` in the metrics */
export function createBatchMetrics(
  queue: string,
  metrics: Registry | undefined,
): (batch: BatchObservation) => void {
  const labelNames = ['queue'];
  const sizes = histogramOf(metrics, {
    name: 'messages_batch_size',
    help: 'Messages handled together',
    labelNames,
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  });
  const waits = histogramOf(metrics, {
    name: 'messages_wait_seconds',
    help: 'How long the newest message of a batch waited in the process',
    labelNames,
    buckets: SECONDS,
  });
  const durations = histogramOf(metrics, {
    name: 'messages_batch_seconds',
    help: 'How long a batch took to handle',
    labelNames,
    buckets: SECONDS,
  });
  return ({ size, waitMs, handleMs }) => {
    sizes?.observe({ queue }, size);
    waits?.observe({ queue }, waitMs / 1_000);
    durations?.observe({ queue }, handleMs / 1_000);
  };
}
