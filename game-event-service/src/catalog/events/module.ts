import type { ClientSession } from 'mongodb';
import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../../audit/audit.ts';
import { changeEventStatus } from './change-event-status.ts';
import { cloneEvent } from './clone-event.ts';
import { createEvent } from './create-event.ts';
import { deleteEvent } from './delete-event.ts';
import { eventChangeRoutes } from './event-change-routes.ts';
import { createEventChanges, type RefreshRules } from './event-changes.ts';
import { eventRoutes } from './event-routes.ts';
import { eventIndexes, type EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';
import { moveDueEvents } from './move-due-events.ts';
import { updateEvent } from './update-event.ts';

export interface EventsNeeds {
  audit: Audit;
  events: EventStore;
  refreshRules: RefreshRules;
  copyRewards: (originalId: string, clone: GameEvent, session: ClientSession) => Promise<void>;
  removeRewards: (eventId: string, session: ClientSession) => Promise<string[]>;
}

/** Events, their versions and their schedule. */
export function createEvents(platform: Platform, needs: EventsNeeds): Module {
  const { transact, clock, newId, logger } = platform;
  const { audit, events, refreshRules, copyRewards, removeRewards } = needs;
  const { audited } = audit;
  const changes = createEventChanges({ events, transact, refreshRules });
  return {
    endpoints: [
      ...eventRoutes({
        createEvent: createEvent({ events, transact, audited, clock, newId }),
        events,
        clock,
      }),
      ...eventChangeRoutes({
        updateEvent: updateEvent({ changes, audited, clock }),
        deleteEvent: deleteEvent({ events, removeRewards, transact, audited }),
        cloneEvent: cloneEvent({ events, copyRewards, transact, audited, clock, newId }),
        changeEventStatus: changeEventStatus({ changes, audited, clock }),
      }),
    ],
    jobs: [{ name: 'event schedule', everyMs: 500, run: moveDueEvents({ events, changes, clock, logger }) }],
    indexes: eventIndexes,
  };
}
