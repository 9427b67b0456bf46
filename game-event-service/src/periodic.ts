import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';

export interface PeriodicOptions {
  name: string;
  everyMs: number;
  run: () => Promise<void>;
  logger: Logger;
}

/** Does something again and again, never twice at a time; a run that fails is logged and the next one tries again. */
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
