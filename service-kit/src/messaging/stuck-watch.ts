import type { Registry } from '@prometheus-io/client';
import type { Logger } from '../logging/index.ts';
import { gaugeOf } from '../metrics/metrics.ts';

export interface StuckWatchOptions {
  queue: string;
  /** How long a batch may take, in milliseconds, before its handler counts as stuck. */
  afterMs: number;
  /** How long the longest current batch has been in work, in milliseconds; 0 without one. */
  longestBatchMs: () => number;
  logger: Logger;
  metrics?: Registry | undefined;
}

export interface StuckWatch {
  start(): void;
  stop(): void;
  /** For readiness: names a stuck handler; undefined when there is none. */
  trouble(): string | undefined;
}

const CHECK_EVERY_MS = 10_000;

/**
 * Reports a handler that does not end. It cannot be ended from outside, and its messages must not be handled twice, so it
 * is only reported, in log, metric and readiness. Other consumers of the queue go on.
 */
export function createStuckWatch(options: StuckWatchOptions): StuckWatch {
  const { queue, afterMs, longestBatchMs, logger, metrics } = options;
  let timer: NodeJS.Timeout | undefined;
  let isReported = false;
  const longest = gaugeOf(metrics, {
    name: 'messages_longest_batch_seconds',
    help: 'How long the longest current batch has been in work',
    labelNames: ['queue'],
  });

  function check(): void {
    const ms = longestBatchMs();
    longest?.set({ queue }, ms / 1_000);
    const isStuck = ms > afterMs;
    if (isStuck && !isReported) logger.error('Handler stuck', { queue, longestBatchMs: ms });
    if (!isStuck && isReported) logger.info('Handler no longer stuck', { queue });
    isReported = isStuck;
  }

  return {
    start: () => {
      timer = setInterval(check, Math.min(CHECK_EVERY_MS, afterMs));
    },
    stop: () => clearInterval(timer),
    trouble: () => {
      const ms = longestBatchMs();
      return ms > afterMs
        ? `a handler of ${queue} has worked on a batch for ${Math.round(ms)} ms`
        : undefined;
    },
  };
}
