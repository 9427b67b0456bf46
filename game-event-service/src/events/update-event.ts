import { DomainError } from 'service-kit/http';
import type { Clock } from '../time.ts';
import type { EventChanges } from './event-changes.ts';
import { patchAttributes } from '../attributes.ts';
import { invalidFields, type InvalidField } from '../invalid-fields.ts';
import type { EventPatch } from './event-schema.ts';
import { editEvent, type EventEdit } from './edit-event.ts';
import type { GameEvent } from './event.ts';
import { isMatch, type Precondition } from './if-match.ts';

export interface EventUpdate {
  eventId: string;
  /** The version that the operator has seen. */
  ifMatch: Precondition;
  patch: EventPatch;
  by: string;
}

export type UpdateEvent = (update: EventUpdate) => Promise<GameEvent>;

/** Changes an event for an operator, if it still is as the operator has seen it. */
export function updateEvent({ changes, clock }: { changes: EventChanges; clock: Clock }): UpdateEvent {
  return ({ eventId, ifMatch, patch, by }) =>
    changes.change(eventId, { by }, (event) => {
      if (!isMatch(ifMatch, event)) {
        throw new DomainError('precondition_failed', `The event is at version ${event.version} now`, {
          headers: { etag: `"${event.version}"` },
        });
      }
      const now = clock();
      const edit = editOf(event, patch);
      const edited = editEvent(event, edit, now);
      if (edited) assertTimes(edited, edit, now);
      return edited;
    });
}

function editOf(event: GameEvent, { attributes, ...patch }: EventPatch): EventEdit {
  if (attributes === undefined) return patch;
  return { ...patch, attributes: patchAttributes(event.attributes, attributes) };
}

/** What a new event must fulfil, a changed one must as well. */
function assertTimes({ startsAt, endsAt }: GameEvent, edit: EventEdit, now: Date): void {
  const errors: InvalidField[] = [];
  if (startsAt >= endsAt) errors.push({ path: 'endsAt', message: 'must be after startsAt' });
  if (edit.endsAt && endsAt <= now) errors.push({ path: 'endsAt', message: 'must be in the future' });
  if (errors.length > 0) throw invalidFields(errors);
}
