import type { Logger } from 'service-kit/logging';
import type { Clock } from 'service-kit/service';
import type { EventStore } from './event-store.ts';
import type { EventChanges } from './event-changes.ts';
import { dueChange, nextVersion } from './event.ts';

const BATCH = 100;

/** By whom a status was changed where nobody did. */
export const BY_SCHEDULE = 'schedule';

/**
 * Starts and ends the events that are due. Every instance may run it at any time: a change is stored only on the
 * version that it was decided for, so each happens once. After an outage it catches up.
 */
export function moveDueEvents(deps: {
  events: Pick<EventStore, 'findDue'>;
  changes: EventChanges;
  clock: Clock;
  logger: Logger;
}): () => Promise<void> {
  const { events, changes, clock, logger } = deps;
  return async () => {
    for (;;) {
      const due = await events.findDue(clock(), BATCH);
      for (const event of due) {
        const at = clock();
        const change = dueChange(event, at);
        if (change && (await changes.save({ event: nextVersion(event, change, at), by: BY_SCHEDULE })))
          logger.info('An event changed by its schedule', {
            eventId: event.id,
            from: event.status,
            to: change.status,
          });
      }
      if (due.length === 0) return;
    }
  };
}
