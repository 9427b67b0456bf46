import { describe, expect, it } from 'vitest';
import {
  changeStatus,
  dueChange,
  EVENT_STATUSES,
  eventAt,
  isActiveAt,
  judgedAt,
  takesClaimsAt,
  type EventRules,
  type EventStatus,
} from './event.ts';

const STARTS = new Date('2026-12-01T00:00:00Z');
const ENDS = new Date('2026-12-31T15:00:00Z');
const BEFORE = new Date('2026-11-30T23:59:59Z');
const DURING = new Date('2026-12-10T00:00:00Z');
const AFTER = new Date('2026-12-31T15:00:30Z');

function event(status: EventStatus, more: Partial<EventRules> = {}): EventRules {
  return {
    id: 'evt_1',
    kind: 'attendance',
    status,
    version: 1,
    timeZone: 'Asia/Seoul',
    startsAt: STARTS,
    endsAt: ENDS,
    claimGraceSeconds: 60,
    repeat: 'daily',
    autoClaim: false,
    ...more,
  };
}

describe('the status of an event', () => {
  const allowed: Record<EventStatus, EventStatus[]> = {
    draft: ['scheduled'],
    scheduled: ['draft', 'active'],
    active: ['inactive', 'ended'],
    inactive: ['active', 'ended'],
    ended: ['archived'],
    archived: [],
  };
  const pairs = EVENT_STATUSES.flatMap((from) => EVENT_STATUSES.map((to) => [from, to] as const));
  const isAllowed = ([from, to]: readonly [EventStatus, EventStatus]): boolean => allowed[from].includes(to);

  it.each(pairs.filter(isAllowed))('changes from %s to %s', (from, to) => {
    expect(changeStatus(event(from), to, BEFORE).status).toBe(to);
  });

  it.each(pairs.filter((pair) => !isAllowed(pair)))('never changes from %s to %s', (from, to) => {
    expect(() => changeStatus(event(from), to, BEFORE)).toThrow(
      expect.objectContaining({ code: 'invalid_transition' }),
    );
  });

  it('is active at once when an event is scheduled whose start has passed', () => {
    expect(changeStatus(event('draft'), 'scheduled', STARTS)).toEqual({ status: 'active' });
    expect(changeStatus(event('draft'), 'scheduled', BEFORE)).toEqual({ status: 'scheduled' });
  });

  it('remembers when an operator ended the event', () => {
    expect(changeStatus(event('inactive'), 'ended', DURING)).toEqual({ status: 'ended', endedAt: DURING });
  });

  it('changes by itself from scheduled to active and from active to ended, and never otherwise', () => {
    expect(dueChange(event('scheduled'), BEFORE)).toBeUndefined();
    expect(dueChange(event('scheduled'), STARTS)).toEqual({ status: 'active' });
    expect(dueChange(event('active'), DURING)).toBeUndefined();
    expect(dueChange(event('active'), ENDS)).toEqual({ status: 'ended', endedAt: ENDS });
    for (const status of ['draft', 'inactive', 'ended', 'archived'] as const) {
      expect(dueChange(event(status), AFTER)).toBeUndefined();
    }
  });

  it('counts as changed from the second on in which the change is due', () => {
    expect(eventAt(event('scheduled'), BEFORE).status).toBe('scheduled');
    expect(isActiveAt(event('scheduled'), DURING)).toBe(true);
    expect(eventAt(event('scheduled'), AFTER)).toMatchObject({ status: 'ended', endedAt: ENDS });
  });
});

describe('an event takes claims', () => {
  it('while it is active, and after its end for as long as its grace lasts', () => {
    expect(takesClaimsAt(event('active'), DURING)).toBe(true);
    expect(takesClaimsAt(event('active'), AFTER)).toBe(true);
    expect(takesClaimsAt(event('ended', { endedAt: ENDS }), new Date('2026-12-31T15:00:59.999Z'))).toBe(true);
    expect(takesClaimsAt(event('ended', { endedAt: ENDS }), new Date('2026-12-31T15:01:00Z'))).toBe(false);
    expect(takesClaimsAt(event('active', { claimGraceSeconds: 0 }), ENDS)).toBe(false);
  });

  it('with a grace that runs from the end that an operator gave it', () => {
    const stopped = event('ended', { endedAt: DURING });
    expect(takesClaimsAt(stopped, new Date(DURING.getTime() + 59_999))).toBe(true);
    expect(takesClaimsAt(stopped, new Date(DURING.getTime() + 60_000))).toBe(false);
  });

  it.each(['draft', 'inactive', 'archived'] as const)('never as %s', (status) => {
    expect(takesClaimsAt(event(status, { endedAt: DURING }), DURING)).toBe(false);
  });

  it('for no period after its end: they are judged as of its last moment', () => {
    expect(judgedAt(event('active'), DURING)).toEqual(DURING);
    expect(judgedAt(event('active'), AFTER)).toEqual(new Date('2026-12-31T14:59:59.999Z'));
  });
});
