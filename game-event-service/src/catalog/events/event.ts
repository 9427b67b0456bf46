import { DomainError } from 'service-kit/http';
import type { Attributes } from '../../http/attributes.ts';
import { calendarOf, type Period, type Repeat } from '../calendar/calendar.ts';
import { later } from '../calendar/time.ts';
import type { Condition } from '../conditions/condition.ts';

export const EVENT_KINDS = ['attendance', 'invite', 'activity'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const EVENT_STATUSES = ['draft', 'scheduled', 'active', 'inactive', 'ended', 'archived'] as const;
export type EventStatus = (typeof EVENT_STATUSES)[number];

/** The longest grace that an event may have, in seconds. */
export const LONGEST_GRACE_S = 30 * 24 * 60 * 60;

/** Players see these and no others. */
export const PUBLIC_STATUSES = ['active', 'ended'] as const satisfies EventStatus[];

export interface GameEvent {
  id: string;
  name: string;
  description: string;
  kind: EventKind;
  status: EventStatus;
  /** One more with every change. */
  version: number;
  timeZone: string;
  startsAt: Date;
  endsAt: Date;
  /** When it really ended, which may be before `endsAt`; only once it has. */
  endedAt?: Date;
  claimGraceSeconds: number;
  repeat: Repeat;
  autoClaim: boolean;
  condition?: Condition;
  attributes: Attributes;
  createdAt: Date;
  updatedAt: Date;
  createdBy: string;
}

/** What decisions about claims and progress need of an event. */
export type EventRules = Pick<
  GameEvent,
  | 'id'
  | 'kind'
  | 'status'
  | 'version'
  | 'timeZone'
  | 'startsAt'
  | 'endsAt'
  | 'endedAt'
  | 'claimGraceSeconds'
  | 'repeat'
  | 'autoClaim'
  | 'condition'
>;

type Schedule = Pick<EventRules, 'status' | 'startsAt' | 'endsAt' | 'endedAt'>;

/** A change of status that is allowed; `endedAt` where it ends the event. */
export interface StatusChange {
  status: EventStatus;
  endedAt?: Date;
}

const TRANSITIONS: Readonly<Record<EventStatus, readonly EventStatus[]>> = {
  draft: ['scheduled'],
  scheduled: ['draft', 'active'],
  active: ['inactive', 'ended'],
  inactive: ['active', 'ended'],
  ended: ['archived'],
  archived: [],
};

/**
 * Decides what becomes of an event that an operator wants in another status.
 *
 * @throws {DomainError} `invalid_transition`
 */
export function changeStatus(event: Schedule, wanted: EventStatus, now: Date): StatusChange {
  const { status, startsAt, endsAt } = event;
  if (!TRANSITIONS[status].includes(wanted)) {
    throw new DomainError('invalid_transition', `From ${status} an event cannot become ${wanted}`, {
      members: { allowed: TRANSITIONS[status] },
    });
  }
  if ((wanted === 'scheduled' || wanted === 'active') && endsAt <= now) {
    throw new DomainError('invalid_transition', 'Its end has passed: change endsAt first', {
      members: { allowed: TRANSITIONS[status].filter((each) => each !== wanted) },
    });
  }
  if (wanted === 'scheduled' && startsAt <= now) return { status: 'active' };
  return wanted === 'ended' ? { status: wanted, endedAt: now } : { status: wanted };
}

/** A new draft like it. */
export function cloneEvent(event: GameEvent, about: { id: string; by: string; now: Date }): GameEvent {
  const { endedAt: _, ...fields } = event;
  return {
    ...fields,
    id: about.id,
    status: 'draft',
    version: 1,
    createdAt: about.now,
    updatedAt: about.now,
    createdBy: about.by,
  };
}

/** The event with a change, as its next version. */
export function nextVersion(event: GameEvent, change: Partial<GameEvent>, now: Date): GameEvent {
  return { ...event, ...change, version: event.version + 1, updatedAt: now };
}

/** The change that an event makes by itself because its time has come; undefined while there is none. */
export function dueChange({ status, startsAt, endsAt }: Schedule, now: Date): StatusChange | undefined {
  if (status === 'scheduled' && startsAt <= now) return { status: 'active' };
  if (status === 'active' && endsAt <= now) return { status: 'ended', endedAt: endsAt };
  return undefined;
}

/** The event as it is at `now`, even where the change that is due has not been stored yet. */
export function eventAt<Event extends Schedule>(event: Event, now: Date): Event {
  const change = dueChange(event, now);
  return change ? eventAt({ ...event, ...change }, now) : event;
}

export function isActiveAt(event: Schedule, now: Date): boolean {
  return eventAt(event, now).status === 'active';
}

/** Whether claims are taken: while the event is active, and after its end for as long as its grace lasts. */
export function takesClaimsAt(event: EventRules, now: Date): boolean {
  const { status, endedAt, claimGraceSeconds } = eventAt(event, now);
  if (status === 'active') return true;
  return status === 'ended' && endedAt !== undefined && now < later(endedAt, claimGraceSeconds * 1_000);
}

/** Whether claims may be taken again, or from some time on. */
export function opensLater(event: EventRules, now: Date): boolean {
  const { status } = eventAt(event, now);
  return status === 'scheduled' || status === 'inactive';
}

/** Whether something that was done at this time was done in the event, paused or not. */
export function happenedIn({ startsAt, endsAt, endedAt = endsAt }: Schedule, at: Date): boolean {
  return startsAt <= at && at < endedAt;
}

/**
 * The instant for which an account is judged. After the end it is the last one before the end, so that nobody gains a
 * period.
 */
export function judgedAt(event: EventRules, now: Date): Date {
  const { status, endedAt } = eventAt(event, now);
  const isOver = (status === 'ended' || status === 'archived') && endedAt !== undefined;
  return isOver ? later(endedAt, -1) : now;
}

export function periodOf({ timeZone, repeat }: EventRules, at: Date): Period {
  return calendarOf(timeZone).periodOf(repeat, at);
}
