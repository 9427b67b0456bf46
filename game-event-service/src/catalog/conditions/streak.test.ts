import { describe, expect, it } from 'vitest';
import { calendarOf } from '../calendar/calendar.ts';
import { longestStreak } from './streak.ts';

/** The streak on the last of the instants. Each instant counted its day in the zone. */
function streakAfter(zone: string, grace: number, instants: readonly string[]): number {
  const calendar = calendarOf(zone);
  const days = instants.map((at) => calendar.dayOf(new Date(at)));
  const today = days.at(-1) ?? '';
  const counter = { total: days.length, days: Object.fromEntries(days.map((day) => [day, 1])) };
  return longestStreak(counter, grace, { first: today, last: today }, calendar);
}

describe('a streak', () => {
  it.each([
    // 23 hours: late on the 7th, late on the 8th and early on the 9th are three days in 24 hours and a minute.
    ['America/New_York', 0, ['2026-03-08T04:59:00Z', '2026-03-09T03:59:00Z', '2026-03-09T04:00:00Z'], 3],
    // 25 hours: 24 hours and a half apart, and still one day.
    ['America/New_York', 0, ['2026-11-01T04:00:00Z', '2026-11-02T04:30:00Z'], 1],
    ['America/New_York', 0, ['2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'], 2],
    ['Europe/London', 0, ['2026-03-28T12:00:00Z', '2026-03-29T22:59:00Z', '2026-03-29T23:00:00Z'], 3],
    ['Australia/Lord_Howe', 0, ['2026-04-04T12:59:00Z', '2026-04-05T13:29:00Z', '2026-04-05T13:30:00Z'], 3],
    // The day that Apia left out is no day missed, and needs no grace.
    ['Pacific/Apia', 0, ['2011-12-30T09:00:00Z', '2011-12-30T10:00:00Z'], 2],
    ['Pacific/Apia', 1, ['2011-12-29T09:00:00Z', '2011-12-30T10:00:00Z'], 2],
    ['Pacific/Apia', 0, ['2011-12-29T09:00:00Z', '2011-12-30T10:00:00Z'], 1],
    // The day of 23 hours is missed: a day like any other.
    ['Africa/Cairo', 1, ['2026-04-23T12:00:00Z', '2026-04-25T12:00:00Z'], 2],
    ['Africa/Cairo', 0, ['2026-04-23T12:00:00Z', '2026-04-25T12:00:00Z'], 1],
    ['America/Sao_Paulo', 0, ['2018-11-04T02:59:00Z', '2018-11-04T03:00:00Z'], 2],
    // 29 February is missed in a leap year, and is not there in another.
    ['Asia/Seoul', 0, ['2028-02-28T03:00:00Z', '2028-03-01T03:00:00Z'], 1],
    ['Asia/Seoul', 1, ['2028-02-28T03:00:00Z', '2028-03-01T03:00:00Z'], 2],
    ['Asia/Seoul', 0, ['2027-02-28T03:00:00Z', '2027-03-01T03:00:00Z'], 2],
    // Over the end of a year with a week 53.
    ['Europe/London', 0, ['2026-12-31T12:00:00Z', '2027-01-01T12:00:00Z'], 2],
  ] as const)('in %s that forgives %i, after %j, is %i', (zone, grace, instants, streak) => {
    expect(streakAfter(zone, grace, instants)).toBe(streak);
  });

  it('drops its oldest days, and no more, once more were missed than are forgiven', () => {
    const days = ['01', '02', '04', '05', '07'].map((day) => `2026-06-${day}T12:00:00Z`);
    expect([0, 1, 2].map((grace) => streakAfter('UTC', grace, days))).toEqual([1, 3, 5]);
  });
});
