import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarOf, isWithin, REPEATS, type Day, type Repeat } from './calendar.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Each with an instant at whose day something is unlike other days. */
const CHANGES: readonly [zone: string, around: string][] = [
  ['America/New_York', '2026-03-08T12:00:00Z'],
  ['America/New_York', '2026-11-01T12:00:00Z'],
  ['Europe/London', '2026-03-29T12:00:00Z'],
  ['Europe/London', '2026-10-25T12:00:00Z'],
  ['Asia/Seoul', '1988-05-08T00:00:00Z'],
  ['Asia/Seoul', '2028-02-29T12:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-05T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-10-04T00:00:00Z'],
  // 30 December was left out: a day in the middle of a week.
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  // Midnight does not exist when summer time begins; when it ends it comes twice, or takes the day before on.
  ['America/Sao_Paulo', '2018-11-04T03:00:00Z'],
  ['America/Sao_Paulo', '2019-02-17T02:00:00Z'],
  ['Africa/Cairo', '2026-04-24T00:00:00Z'],
  ['Africa/Cairo', '2026-10-29T21:00:00Z'],
  ['America/Havana', '2026-03-08T05:00:00Z'],
  ['America/Havana', '2026-11-01T05:00:00Z'],
  ['Asia/Beirut', '2026-03-29T00:00:00Z'],
  // The last day of a month and year was left out here.
  ['Pacific/Enderbury', '1994-12-31T11:00:00Z'],
  ['Pacific/Kiritimati', '2026-12-31T10:00:00Z'],
  ['UTC', '2027-01-01T00:00:00Z'],
];

/** The day as the platform itself tells it, without the library that the calendar uses. */
function clockOnTheWall(zone: string): (at: number) => Day {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  return (at) => format.format(at);
}

/** Instants close to what is special, or anywhere in the years that can still be lived. */
const situation = fc.oneof(
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -40 * DAY, max: 40 * DAY }))
    .map(([[zone, around], shift]) => ({ zone, at: new Date(Date.parse(around) + shift) })),
  fc
    .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -36 * HOUR, max: 36 * HOUR }))
    .map(([[zone, around], shift]) => ({ zone, at: new Date(Date.parse(around) + shift) })),
  fc.record({
    zone: fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
    at: fc
      .integer({ min: Date.UTC(2012, 0, 1), max: Date.UTC(2045, 0, 1) })
      .map((instant) => new Date(instant)),
  }),
);
const repeat = fc.constantFrom(...REPEATS);
const resetting = fc.constantFrom<Repeat[]>('daily', 'weekly', 'monthly');

describe('in any zone, around every kind of change of the clock', () => {
  it('the day of an instant is the one that a clock on the wall shows', () => {
    fc.assert(
      fc.property(situation, ({ zone, at }) => {
        expect(calendarOf(zone).dayOf(at)).toBe(clockOnTheWall(zone)(at.getTime()));
      }),
      { numRuns: 1_000 },
    );
  });

  it('a period holds the instant whose period it is', () => {
    fc.assert(
      fc.property(situation, repeat, ({ zone, at }, each) => {
        const calendar = calendarOf(zone);
        expect(isWithin(calendar.dayOf(at), calendar.periodOf(each, at))).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('a period resets in the very minute in which the next one begins, and no sooner', () => {
    fc.assert(
      fc.property(situation, resetting, ({ zone, at }, each) => {
        const calendar = calendarOf(zone);
        const period = calendar.periodOf(each, at);
        const reset = calendar.nextResetAt(each, at)?.getTime() ?? Number.NaN;
        const next = calendar.periodOf(each, new Date(reset));
        expect(reset).toBeGreaterThan(at.getTime());
        expect(calendar.periodOf(each, new Date(reset - 1))).toEqual(period);
        expect(next.key).not.toBe(period.key);
        expect(next.first > period.last).toBe(true);
        const wall = clockOnTheWall(zone);
        expect(wall(reset - 1) < wall(reset)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('days and periods tile time: none overlaps another, and nothing lies between them', () => {
    for (const [zone, around] of CHANGES) {
      const calendar = calendarOf(zone);
      const wall = clockOnTheWall(zone);
      const from = Date.parse(around) - 32 * DAY;
      for (const each of ['daily', 'weekly', 'monthly'] as const) {
        let begins = calendar.nextResetAt(each, new Date(from))?.getTime() ?? Number.NaN;
        while (begins < from + 64 * DAY) {
          const period = calendar.periodOf(each, new Date(begins));
          const ends = calendar.nextResetAt(each, new Date(begins))?.getTime() ?? Number.NaN;
          const days = new Set<Day>();
          const keys = new Set<string>();
          // Every change of the clock falls on half an hour.
          for (let at = begins; at < ends; at += 30 * MINUTE) {
            days.add(wall(at));
            keys.add(calendar.periodOf(each, new Date(at)).key);
          }
          expect([...keys]).toEqual([period.key]);
          // As many days as the clock on the wall has shown, each of them in the period.
          expect([...days].every((day) => isWithin(day, period))).toBe(true);
          expect(stepsBetween(calendar.nextDay, wall(begins), wall(ends - 1))).toBe(days.size - 1);
          expect(stepsBetween((day) => calendar.previousDay(day), wall(ends - 1), wall(begins))).toBe(
            days.size - 1,
          );
          expect(calendar.daysMissed(wall(begins), wall(ends), 400)).toBe(days.size - 1);
          begins = ends;
        }
      }
    }
  });

  it('the last days up to an instant are the ones that the clock on the wall has shown', () => {
    fc.assert(
      fc.property(situation, fc.integer({ min: 1, max: 40 }), ({ zone, at }, count) => {
        const wall = clockOnTheWall(zone);
        const shown = new Set<Day>();
        for (let back = at.getTime(); shown.size <= count; back -= 30 * MINUTE) shown.add(wall(back));
        const days = [...shown].slice(0, count);
        const calendar = calendarOf(zone);
        expect(calendar.rolling(calendar.dayOf(at), count)).toEqual({ first: days.at(-1), last: days[0] });
      }),
      { numRuns: 200 },
    );
  });
});

describe('the next reset', () => {
  it.each([
    // The day has 23 hours, or 25.
    ['daily', 'America/New_York', '2026-03-08T05:00:00Z', '2026-03-09T04:00:00Z'],
    ['daily', 'America/New_York', '2026-11-01T04:00:00Z', '2026-11-02T05:00:00Z'],
    ['weekly', 'Europe/London', '2026-03-23T00:00:00Z', '2026-03-29T23:00:00Z'],
    ['monthly', 'Europe/London', '2026-10-15T00:00:00Z', '2026-11-01T00:00:00Z'],
    ['daily', 'Australia/Lord_Howe', '2026-04-05T00:00:00Z', '2026-04-05T13:30:00Z'],
    // No 30 December: the day after the 29th is the 31st.
    ['daily', 'Pacific/Apia', '2011-12-30T09:59:59.999Z', '2011-12-30T10:00:00Z'],
    ['weekly', 'Pacific/Apia', '2011-12-29T12:00:00Z', '2012-01-01T10:00:00Z'],
    // The clock goes from 23:59 to 01:00: the day begins at one o'clock.
    ['daily', 'Africa/Cairo', '2026-04-23T12:00:00Z', '2026-04-23T22:00:00Z'],
    ['daily', 'America/Sao_Paulo', '2018-11-03T12:00:00Z', '2018-11-04T03:00:00Z'],
    // From midnight back to 23:00: the day before goes on for another hour.
    ['daily', 'America/Sao_Paulo', '2019-02-17T01:59:59Z', '2019-02-17T03:00:00Z'],
    // Midnight comes twice: the day begins at the first.
    ['daily', 'America/Havana', '2026-10-31T12:00:00Z', '2026-11-01T04:00:00Z'],
    ['monthly', 'Asia/Seoul', '2028-02-10T00:00:00Z', '2028-02-29T15:00:00Z'],
    ['daily', 'Asia/Seoul', '2028-02-28T00:00:00Z', '2028-02-28T15:00:00Z'],
    ['weekly', 'Asia/Seoul', '2027-01-01T00:00:00Z', '2027-01-03T15:00:00Z'],
  ] as const)('of a %s event in %s at %s is at %s', (each, zone, at, reset) => {
    expect(calendarOf(zone).nextResetAt(each, new Date(at))).toEqual(new Date(reset));
  });

  it('of an event that is claimed once never comes', () => {
    expect(calendarOf('UTC').nextResetAt('once', new Date())).toBeUndefined();
  });
});

function stepsBetween(step: (day: Day) => Day, from: Day, to: Day): number {
  let steps = 0;
  for (let day = from; day !== to && steps < 400; day = step(day)) steps += 1;
  return steps;
}
