import type { Caller } from 'service-kit/audit';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from '../time.ts';
import type { EventChanges } from './event-changes.ts';
import { changeStatus, nextVersion, type EventStatus, type GameEvent } from './event.ts';

export interface StatusRequest {
  eventId: string;
  status: EventStatus;
  reason?: string | undefined;
  by: Caller;
}

export type ChangeEventStatus = (request: StatusRequest) => Promise<GameEvent>;

/** Changes the status for an operator. */
export function changeEventStatus(deps: {
  changes: EventChanges;
  audited: Audited;
  clock: Clock;
}): ChangeEventStatus {
  const { changes, audited, clock } = deps;
  return ({ eventId, status, reason, by }) =>
    audited({ action: 'change-event-status', by, eventId, reason, details: { to: status } }, (done) =>
      changes.change(
        eventId,
        { by: by.id, ...(reason !== undefined && { reason }) },
        (event) => {
          const now = clock();
          return nextVersion(event, changeStatus(event, status, now), now);
        },
        (tx, { before, after }) => done(tx, { details: { from: before.status, to: after.status } }),
      ),
    );
}
