import type { Caller } from 'service-kit/audit';
import { assertPreconditions, type Preconditions } from 'service-kit/http';
import type { Audited } from '../../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import { unreachableFields } from '../conditions/unreachable-condition.ts';
import type { EventChanges } from './event-changes.ts';
import { patchAttributes } from '../../http/attributes.ts';
import { invalidFields, type InvalidField } from '../../http/invalid-fields.ts';
import { etagOf, type EventPatch } from './event-schema.ts';
import { autoClaimFields } from './auto-claim-fields.ts';
import { editEvent, type EventEdit } from './edit-event.ts';
import type { GameEvent } from './event.ts';

export interface EventUpdate {
  eventId: string;
  /** Which version the operator has seen. */
  preconditions: Preconditions;
  patch: EventPatch;
  by: Caller;
}

export type UpdateEvent = (update: EventUpdate) => Promise<GameEvent>;

/** Changes an event for an operator, if it still is as the operator has seen it. */
export function updateEvent(deps: { changes: EventChanges; audited: Audited; clock: Clock }): UpdateEvent {
  const { changes, audited, clock } = deps;

  function edit(event: GameEvent, { preconditions, patch }: EventUpdate): GameEvent | undefined {
    assertPreconditions(preconditions, etagOf(event));
    const now = clock();
    const wanted = editOf(event, patch);
    const edited = editEvent(event, wanted, now);
    if (edited) assertFits(edited, wanted, now);
    return edited;
  }

  return (update) => {
    const { eventId, patch, by } = update;
    const details = { fields: Object.keys(patch) };
    return audited({ action: 'update-event', by, eventId, details }, (done) =>
      changes.change(
        eventId,
        { by: by.id },
        (event) => edit(event, update),
        (tx, { after }) => done(tx, { details: { version: after.version } }),
      ),
    );
  };
}

function editOf(event: GameEvent, { attributes, ...patch }: EventPatch): EventEdit {
  if (attributes === undefined) return patch;
  return { ...patch, attributes: patchAttributes(event.attributes, attributes) };
}

/** An event from before a rule may still be renamed; where one of these changes, its condition must fit. */
const BOUNDS = ['kind', 'timeZone', 'startsAt', 'endsAt', 'repeat', 'condition'] as const;

/** A changed event must keep the rules of a new one. */
function assertFits(event: GameEvent, edit: EventEdit, now: Date): void {
  const { startsAt, endsAt, condition } = event;
  const errors: InvalidField[] = [];
  if (startsAt >= endsAt) errors.push({ path: 'endsAt', message: 'must be after startsAt' });
  if (edit.endsAt && endsAt <= now) errors.push({ path: 'endsAt', message: 'must be in the future' });
  const boundsChange = BOUNDS.some((field) => edit[field] !== undefined);
  if (startsAt < endsAt && boundsChange) errors.push(...unreachableFields(condition, event));
  errors.push(...autoClaimFields(event));
  if (errors.length > 0) throw invalidFields(errors);
}
