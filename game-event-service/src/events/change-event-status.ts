import type { Clock } from '../time.ts';
import type { EventChanges } from './event-changes.ts';
import { changeStatus, nextVersion, type EventStatus, type GameEvent } from './event.ts';

export interface StatusRequest {
  eventId: string;
  status: EventStatus;
  reason?: string | undefined;
  by: string;
}

export type ChangeEventStatus = (request: StatusRequest) => Promise<GameEvent>;

/** Changes the status for an operator. */
export function changeEventStatus(deps: { changes: EventChanges; clock: Clock }): ChangeEventStatus {
  const { changes, clock } = deps;
  return ({ eventId, status, reason, by }) =>
    changes.change(eventId, { by, ...(reason !== undefined && { reason }) }, (event) => {
      const now = clock();
      return nextVersion(event, changeStatus(event, status, now), now);
    });
}
