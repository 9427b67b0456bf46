import type { Logger } from 'service-kit/logging';
import type { Clock } from '../time.ts';
import type { EventStore } from './event-store.ts';
import { dueChange } from './event.ts';

const BATCH = 100;

/** By whom a status was changed where nobody did. */
export const BY_SCHEDULE = 'schedule';

/**
 * Starts and ends the events whose time has come. Every instance may run it at any time: a change is stored only
 * on the version that it was decided for, so each happens once, and after an outage whatever was missed.
 */
export function moveDueEvents(deps: {
  events: EventStore;
  clock: Clock;
  logger: Logger;
}): () => Promise<void> {
  const { events, clock, logger } = deps;
  return async () => {
    for (;;) {
      const due = await events.findDue(clock(), BATCH);
      for (const event of due) {
        const at = clock();
        const change = dueChange(event, at);
        const changed = change && (await events.saveStatus(event, change, { at, by: BY_SCHEDULE }));
        if (changed)
          logger.info('An event changed by its schedule', {
            eventId: event.id,
            from: event.status,
            to: changed.status,
          });
      }
      if (due.length === 0) return;
    }
  };
}
