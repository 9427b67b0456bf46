import type { Logger } from '../logging/index.ts';
import type { Component } from './lifecycle.ts';

export interface PeriodicOptions {
  name: string;
  /** Time from the begin of one run to the next, in milliseconds. A longer run delays the next. */
  everyMs: number;
  run: () => Promise<void>;
  logger: Logger;
}

/**
 * Makes a component that calls `run` at its start and then at an interval, never twice at a time. Stopping waits for the
 * current run. A failed run is tried again at the next interval. Of failures in a row the first is logged, and their end.
 * Other instances call `run` at the same time, so `run` must ensure that each thing happens once.
 */
export function createPeriodic({ name, everyMs, run, logger }: PeriodicOptions): Required<Component> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let failures = 0;

  async function runAndLog(): Promise<void> {
    try {
      await run();
      if (failures > 0) logger.info(`${name} works again`, { failures });
      failures = 0;
    } catch (error) {
      if (failures === 0) logger.warn(`${name} failed and will be tried again`, { error });
      failures += 1;
    }
  }

  function tick(): void {
    running ??= runAndLog().finally(() => {
      running = undefined;
    });
  }

  return {
    name,
    start: async () => {
      timer = setInterval(tick, everyMs);
      tick();
    },
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}
