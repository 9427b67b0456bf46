import { DomainError } from 'service-kit/http';
import { changedFields } from './changed-fields.ts';
import type { Condition } from '../conditions/condition.ts';
import { eventAt, nextVersion, type GameEvent } from './event.ts';

/** The fields of an event that an operator may change; `null` removes an optional part. */
export type EventEdit = Partial<
  Pick<
    GameEvent,
    | 'name'
    | 'description'
    | 'kind'
    | 'timeZone'
    | 'startsAt'
    | 'endsAt'
    | 'claimGraceSeconds'
    | 'repeat'
    | 'autoClaim'
    | 'attributes'
  >
> & { condition?: Condition | null };

const EDITABLE = [
  'name',
  'description',
  'kind',
  'timeZone',
  'startsAt',
  'endsAt',
  'claimGraceSeconds',
  'repeat',
  'autoClaim',
  'condition',
  'attributes',
] as const satisfies (keyof EventEdit)[];

/** The keys of claims stand on these. */
const FIXED_OUTSIDE_DRAFT = ['kind', 'timeZone', 'repeat', 'startsAt'] as const;
const EDITABLE_WHILE_RUNNING: ReadonlySet<keyof EventEdit> = new Set([
  'name',
  'description',
  'attributes',
  'endsAt',
]);

/**
 * Decides an operator's change; undefined when it changes nothing.
 *
 * @throws {DomainError} `event_in_use`, `event_active`
 */
export function editEvent(event: GameEvent, edit: EventEdit, now: Date): GameEvent | undefined {
  const before: EventEdit = { ...event, condition: event.condition ?? null };
  const changed = changedFields(before, { ...before, ...edit }, EDITABLE);
  if (changed.length === 0) return undefined;
  assertEditable(eventAt(event, now), edit, changed);
  const { condition, ...fields } = edit;
  const { condition: current, ...kept } = event;
  const after = condition === undefined ? current : (condition ?? undefined);
  return nextVersion({ ...kept, ...(after && { condition: after }) }, fields, now);
}

function assertEditable(event: GameEvent, edit: EventEdit, changed: readonly (keyof EventEdit)[]): void {
  const { status } = event;
  if (status === 'draft') return;
  if (status === 'ended' || status === 'archived') {
    throw new DomainError('event_in_use', 'The event is over and stays as it was');
  }
  const fixed = changed.filter((field) => FIXED_OUTSIDE_DRAFT.some((each) => each === field));
  if (fixed.length > 0) {
    throw new DomainError('event_in_use', `${fixed.join(', ')} can be changed in a draft only`);
  }
  if (status === 'scheduled') return;
  const kept = changed.filter((field) => !EDITABLE_WHILE_RUNNING.has(field));
  if (kept.length > 0)
    throw new DomainError('event_active', `${kept.join(', ')} cannot change while it runs`);
  if (edit.endsAt && edit.endsAt < event.endsAt) {
    throw new DomainError(
      'event_active',
      'An event that runs may end later, or be ended, but not end earlier',
    );
  }
}
