import type { Logger } from '../logging/index.ts';
import type { Component } from './lifecycle.ts';

export interface PeriodicOptions {
  name: string;
  /** Time from one beginning to the next, in milliseconds; a run that takes longer delays the next. */
  everyMs: number;
  run: () => Promise<void>;
  logger: Logger;
}

/**
 * Makes a component that does something again and again, for the first time when it starts, and never twice at a
 * time. Stopping waits for the run that is under way. When a run fails the next one tries again: of runs that fail in
 * a row the first is logged, and the end of the row.
 * Other instances do the same at the same time: that each thing happens once is the business of `run`.
 */
export function createPeriodic({ name, everyMs, run, logger }: PeriodicOptions): Required<Component> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let failures = 0;

  async function runAndTell(): Promise<void> {
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
    running ??= runAndTell().finally(() => {
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
