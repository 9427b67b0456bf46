import { DomainError } from 'service-kit/http';
import type { Clock } from '../time.ts';
import type { EventStore } from './event-store.ts';
import { changeStatus, type EventStatus, type GameEvent } from './event.ts';

export interface StatusRequest {
  eventId: string;
  status: EventStatus;
  reason?: string | undefined;
  by: string;
}

export type ChangeEventStatus = (request: StatusRequest) => Promise<GameEvent>;

const MOST_TRIES = 10;

/** Changes the status for an operator; when the event changed meanwhile, the decision is made again on what it is now. */
export function changeEventStatus(deps: { events: EventStore; clock: Clock }): ChangeEventStatus {
  const { events, clock } = deps;
  return async ({ eventId, status, reason, by }) => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const event = await events.find(eventId);
      if (!event) throw new DomainError('not_found', 'There is no such event');
      const at = clock();
      const change = changeStatus(event, status, at);
      const changed = await events.saveStatus(event, change, {
        at,
        by,
        ...(reason !== undefined && { reason }),
      });
      if (changed) return changed;
    }
    throw new DomainError('service_unavailable', 'The event changes too often just now');
  };
}
