import { describe, expect, it } from 'vitest';
import { calendarOf } from '../../catalog/calendar/calendar.ts';
import type { EventRules } from '../../catalog/events/event.ts';
import type { Progress } from '../progress/progress.ts';
import { decideCheckIns, type CheckInWorld } from './decide-check-ins.ts';

const event: EventRules = {
  id: 'evt_1',
  kind: 'attendance',
  status: 'active',
  version: 1,
  timeZone: 'America/New_York',
  startsAt: new Date('2026-01-01T00:00:00Z'),
  endsAt: new Date('2027-06-01T00:00:00Z'),
  claimGraceSeconds: 86_400,
  repeat: 'once',
  autoClaim: false,
};
const world = (
  now: string,
  more: Partial<CheckInWorld> & { event?: Partial<EventRules> } = {},
): CheckInWorld => ({
  now: new Date(now),
  rules: new Map([['evt_1', { event: { ...event, ...more.event } }]]),
  accounts: more.accounts ?? new Map(),
  progress: more.progress ?? new Map(),
});
const HALF_HOUR = 30 * 60_000;
const request = { eventId: 'evt_1', accountId: 'acc_1' };

describe('check-ins', () => {
  it('that arrive together count once for each account and day', () => {
    const other = { eventId: 'evt_1', accountId: 'acc_2' };
    const { results, additions } = decideCheckIns([request, other, request], world('2026-03-08T12:00:00Z'));
    expect(results).toEqual([
      { day: '2026-03-08', counted: true, streak: 1 },
      { day: '2026-03-08', counted: true, streak: 1 },
      { day: '2026-03-08', counted: false, streak: 1 },
    ]);
    expect(additions.map(({ accountId, day, value }) => [accountId, day, value])).toEqual([
      ['acc_1', '2026-03-08', 1],
      ['acc_2', '2026-03-08', 1],
    ]);
  });

  it('end with the event: its grace is for claims alone', () => {
    const { results } = decideCheckIns([request], world('2027-06-01T00:00:00Z'));
    expect(results).toMatchObject([{ refused: true, code: 'event_not_active' }]);
  });

  it('of a banned account are refused until its ban ends', () => {
    const bannedUntil = new Date('2026-03-08T12:00:00Z');
    const accounts = new Map([['acc_1', { status: 'banned' as const, bannedUntil, guest: false }]]);
    expect(decideCheckIns([request], world('2026-03-08T11:59:59Z', { accounts })).results).toMatchObject([
      { code: 'account_banned' },
    ]);
    expect(decideCheckIns([request], world('2026-03-08T12:00:00Z', { accounts })).results).toMatchObject([
      { counted: true },
    ]);
  });

  it.each(['America/New_York', 'Europe/London', 'Asia/Seoul', 'Australia/Lord_Howe'])(
    'on every day of a year in %s make a streak of a year, right through the changes of the clock',
    (timeZone) => {
      const calendar = calendarOf(timeZone);
      const days: Record<string, number> = {};
      let progress = new Map<string, Progress>();
      let streak = 0;

      function checkInAt(at: number): void {
        const day = calendar.dayOf(new Date(at));
        const [result] = decideCheckIns(
          [request],
          world(new Date(at).toISOString(), { progress, event: { timeZone } }),
        ).results;
        streak += days[day] === undefined ? 1 : 0;
        expect(result).toEqual({ day, counted: days[day] === undefined, streak });
        days[day] = 1;
        const counters = { 'attendance%2echeck-in': { total: Object.keys(days).length, days } };
        progress = new Map([['evt_1:acc_1', { ...request, counters }]]);
      }

      // The first and the last millisecond of each day, of any length. Midnights fall on half hours here.
      for (let at = Date.UTC(2026, 0, 1); streak < 365; at += HALF_HOUR) {
        if (calendar.dayOf(new Date(at)) === calendar.dayOf(new Date(at - HALF_HOUR))) continue;
        checkInAt(at - 1);
        checkInAt(at);
      }
      expect(streak).toBe(365);
    },
  );
});
