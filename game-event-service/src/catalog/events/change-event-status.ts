import type { Caller } from 'service-kit/audit';
import { assertPreconditions, type Preconditions } from 'service-kit/http';
import type { Audited } from '../../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { EventChanges } from './event-changes.ts';
import { etagOf } from './event-schema.ts';
import { changeStatus, nextVersion, type EventStatus, type GameEvent } from './event.ts';

export interface StatusRequest {
  eventId: string;
  status: EventStatus;
  reason?: string | undefined;
  by: Caller;
  preconditions: Preconditions;
}

export type ChangeEventStatus = (request: StatusRequest) => Promise<GameEvent>;

/** Changes the status for an operator. */
export function changeEventStatus(deps: {
  changes: EventChanges;
  audited: Audited;
  clock: Clock;
}): ChangeEventStatus {
  const { changes, audited, clock } = deps;
  return ({ eventId, status, reason, by, preconditions }) =>
    audited({ action: 'change-event-status', by, eventId, reason, details: { to: status } }, (done) =>
      changes.change(
        eventId,
        { by: by.id, ...(reason !== undefined && { reason }) },
        (event) => {
          assertPreconditions(preconditions, etagOf(event));
          const now = clock();
          return nextVersion(event, changeStatus(event, status, now), now);
        },
        (tx, { before, after }) => done(tx, { details: { from: before.status, to: after.status } }),
      ),
    );
}
