import { LRUCache } from 'lru-cache';
import { DateTime, IANAZone } from 'luxon';

/** A calendar day of some zone as `2026-12-01`; days compare as text. */
export type Day = string;

export const REPEATS = ['once', 'daily', 'weekly', 'monthly'] as const;
export type Repeat = (typeof REPEATS)[number];

/** The days from `first` to `last`, both included. */
export interface DaySpan {
  first: Day;
  last: Day;
}

/** One repetition of an event: `once`, `2026-12-01`, `2026-W49` or `2026-12`. */
export interface Period extends DaySpan {
  key: string;
}

/** Days and periods as people in one IANA time zone live them. */
export interface Calendar {
  dayOf(at: Date): Day;
  /** The day after, leaving out days that the zone never had (Pacific/Apia has no 2011-12-30). */
  nextDay: (day: Day) => Day;
  previousDay(day: Day): Day;
  /** The last `count` days up to and with `today`. */
  rolling(today: Day, count: number): DaySpan;
  /** Days strictly between the two, counted no further than `limit`. */
  daysMissed(earlier: Day, later: Day, limit: number): number;
  periodOf(repeat: Repeat, at: Date): Period;
  /** On how many days at most an instant from `from` to before `to` can fall: dates, even those that a zone left out. */
  daysTouched(from: Date, to: Date): number;
  /** The first instant of a day that the zone has; not always midnight, which a change of the clock may skip. */
  startOf(day: Day): Date;
  /** The instant at which the period of `at` is over and the next begins; undefined for `once`, which never is. */
  nextResetAt(repeat: Repeat, at: Date): Date | undefined;
}

/** Every day there can be. */
export const ALL_DAYS: DaySpan = { first: '0000-01-01', last: '9999-12-31' };

export const isWithin = (day: Day, span: DaySpan): boolean => span.first <= day && day <= span.last;

/** Names of the IANA database only; an offset such as `+09:00` knows no daylight saving. */
export function isTimeZone(name: string): boolean {
  return /^[A-Za-z]/.test(name) && IANAZone.isValidZone(name);
}

const calendars = new LRUCache<string, Calendar>({ max: 1_000 });

export function calendarOf(timeZone: string): Calendar {
  const known = calendars.get(timeZone);
  if (known) return known;
  const calendar = createCalendar(timeZone);
  calendars.set(timeZone, calendar);
  return calendar;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function createCalendar(timeZone: string): Calendar {
  const zone = IANAZone.create(timeZone);
  // Offsets and midnights fall on whole minutes (since 1972), so a minute has one day. Zone arithmetic takes
  // microseconds, and the same few days are asked for with every claim.
  const dayOfMinute = new LRUCache<number, Day>({ max: 2_000 });
  const daysAfter = new LRUCache<Day, Day>({ max: 2_000 });
  const daysBefore = new LRUCache<Day, Day>({ max: 2_000 });
  const periods = new LRUCache<string, Period>({ max: 200 });
  const starts = new LRUCache<Day, Date>({ max: 200 });

  function dayOf(at: Date): Day {
    const minute = Math.floor(at.getTime() / MINUTE);
    return memoize(dayOfMinute, minute, () => dateOf(DateTime.fromMillis(minute * MINUTE, { zone })));
  }

  /** The zone jumped over a day when noon of that day is another day's. */
  function existed(day: Day): boolean {
    return dateOf(DateTime.fromISO(`${day}T12:00`, { zone })) === day;
  }

  function step(day: Day, by: 1 | -1): Day {
    const next = dateOf(DateTime.fromISO(day, { zone: 'utc' }).plus({ days: by }));
    return existed(next) ? next : step(next, by);
  }

  const nextDay = (day: Day): Day => memoize(daysAfter, day, () => step(day, 1));
  const previousDay = (day: Day): Day => memoize(daysBefore, day, () => step(day, -1));

  function periodOf(repeat: Repeat, at: Date): Period {
    const day = dayOf(at);
    return memoize(periods, `${repeat} ${day}`, () =>
      PERIODS[repeat](day, DateTime.fromISO(day, { zone: 'utc' })),
    );
  }

  /**
   * Looks for the first minute whose day it is, instead of asking for local midnight: that may not exist, or come
   * twice, and what a library answers then depends on the offset it tries first.
   */
  function startOf(day: Day): Date {
    return memoize(starts, day, () => {
      const midnight = Date.parse(`${day}T00:00:00Z`);
      // Offsets reach from -12 to +14 hours; a change of the clock at midnight may add some.
      let before = (midnight - 16 * HOUR) / MINUTE;
      let within = (midnight + 16 * HOUR) / MINUTE;
      while (within - before > 1) {
        const middle = Math.floor((before + within) / 2);
        if (dayOf(new Date(middle * MINUTE)) < day) before = middle;
        else within = middle;
      }
      return new Date(within * MINUTE);
    });
  }

  return {
    dayOf,
    nextDay,
    previousDay,
    rolling: (today, count) => {
      let first = today;
      for (let back = 1; back < count; back += 1) first = previousDay(first);
      return { first, last: today };
    },
    daysMissed: (earlier, later, limit) => {
      let missed = 0;
      for (let day = nextDay(earlier); day < later && missed < limit; day = nextDay(day)) missed += 1;
      return missed;
    },
    daysTouched: (from, to) => {
      const dateAt = (ms: number): DateTime =>
        DateTime.fromMillis(ms, { zone }).setZone('utc', { keepLocalTime: true }).startOf('day');
      return dateAt(to.getTime() - 1).diff(dateAt(from.getTime()), 'days').days + 1;
    },
    periodOf,
    startOf,
    nextResetAt: (repeat, at) =>
      repeat === 'once' ? undefined : startOf(nextDay(periodOf(repeat, at).last)),
  };
}

const PERIODS: Readonly<Record<Repeat, (day: Day, date: DateTime) => Period>> = {
  once: () => ({ key: 'once', ...ALL_DAYS }),
  daily: (day) => ({ key: day, first: day, last: day }),
  weekly: (_, date) => ({
    key: date.toFormat("kkkk-'W'WW"),
    first: dateOf(date.startOf('week')),
    last: dateOf(date.endOf('week')),
  }),
  monthly: (_, date) => ({
    key: date.toFormat('yyyy-MM'),
    first: dateOf(date.startOf('month')),
    last: dateOf(date.endOf('month')),
  }),
};

function dateOf(at: DateTime): Day {
  return at.toFormat('yyyy-MM-dd');
}

function memoize<Key extends {}, Value extends {}>(
  cache: LRUCache<Key, Value>,
  key: Key,
  make: () => Value,
): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = make();
  cache.set(key, value);
  return value;
}
