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
 * time. A run that fails is logged, and the next one tries again; stopping waits for the run that is under way.
 * Other instances do the same at the same time: that each thing happens once is the business of `run`.
 */
export function createPeriodic({ name, everyMs, run, logger }: PeriodicOptions): Required<Component> {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;

  function tick(): void {
    running ??= run()
      .catch((error: unknown) => logger.warn(`${name} failed and will be tried again`, { error }))
      .finally(() => {
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
