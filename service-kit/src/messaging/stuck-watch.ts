import type { Registry } from '@prometheus-io/client';
import type { Logger } from '../logging/index.ts';
import { gaugeOf } from '../metrics/metrics.ts';

export interface StuckWatchOptions {
  queue: string;
  /** How long a batch may take before its handler counts as stuck, in milliseconds. */
  afterMs: number;
  /** How long the batch that has been handled for longest has been, in milliseconds; 0 when none is. */
  longestBatchMs: () => number;
  logger: Logger;
  metrics?: Registry | undefined;
}

export interface StuckWatch {
  start(): void;
  stop(): void;
  /** For readiness: which handler is stuck, undefined when none is. */
  trouble(): string | undefined;
}

const LOOK_EVERY_MS = 10_000;

/**
 * Tells of a handler that does not end. Nobody can end it from outside, and what it has in hand must not be
 * handled beside it, so it is told and left alone: other lanes go on, and people look at the metric.
 */
export function createStuckWatch(options: StuckWatchOptions): StuckWatch {
  const { queue, afterMs, longestBatchMs, logger, metrics } = options;
  let timer: NodeJS.Timeout | undefined;
  let isTold = false;
  const longest = gaugeOf(metrics, {
    name: 'messages_longest_batch_seconds',
    help: 'How long the batch that is handled for longest has been',
    labelNames: ['queue'],
  });

  function look(): void {
    const ms = longestBatchMs();
    longest?.set({ queue }, ms / 1_000);
    const isStuck = ms > afterMs;
    if (isStuck && !isTold) logger.error('A handler seems to be stuck', { queue, longestBatchMs: ms });
    if (!isStuck && isTold) logger.info('A handler that seemed to be stuck has ended', { queue });
    isTold = isStuck;
  }

  return {
    start: () => {
      timer = setInterval(look, Math.min(LOOK_EVERY_MS, afterMs));
    },
    stop: () => clearInterval(timer),
    trouble: () => {
      const ms = longestBatchMs();
      return ms > afterMs ? `a handler of ${queue} has been at a batch for ${Math.round(ms)} ms` : undefined;
    },
  };
}
