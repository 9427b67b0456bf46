import { describe, expect, it } from 'vitest';
import { calendarOf, isTimeZone } from './calendar.ts';

const at = (iso: string): Date => new Date(iso);

describe('a day of a zone', () => {
  it.each([
    ['Asia/Seoul', '2026-12-01T14:59:59.999Z', '2026-12-01'],
    ['Asia/Seoul', '2026-12-01T15:00:00Z', '2026-12-02'],
    // 8 March 2026: clocks go from 02:00 to 03:00, the day has 23 hours.
    ['America/New_York', '2026-03-08T04:59:59Z', '2026-03-07'],
    ['America/New_York', '2026-03-08T05:00:00Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T03:59:59Z', '2026-03-08'],
    ['America/New_York', '2026-03-09T04:00:00Z', '2026-03-09'],
    // 1 November 2026: clocks go from 02:00 to 01:00, the day has 25 hours.
    ['America/New_York', '2026-11-01T04:00:00Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T04:59:59Z', '2026-11-01'],
    ['America/New_York', '2026-11-02T05:00:00Z', '2026-11-02'],
    ['Europe/London', '2026-03-29T22:59:59Z', '2026-03-29'],
    ['Europe/London', '2026-03-29T23:00:00Z', '2026-03-30'],
    // Lord Howe moves by half an hour: +11 in summer, +10:30 in winter.
    ['Australia/Lord_Howe', '2026-04-04T12:59:59Z', '2026-04-04'],
    ['Australia/Lord_Howe', '2026-04-04T13:00:00Z', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-04-05T13:29:59Z', '2026-04-05'],
    ['Australia/Lord_Howe', '2026-04-05T13:30:00Z', '2026-04-06'],
    // In Havana the hour before one o'clock comes twice when summer time ends: one day all the same.
    ['America/Havana', '2026-11-01T03:59:59Z', '2026-10-31'],
    ['America/Havana', '2026-11-01T04:30:00Z', '2026-11-01'],
    ['America/Havana', '2026-11-01T05:30:00Z', '2026-11-01'],
    // In Cairo clocks jump over midnight when summer time begins.
    ['Africa/Cairo', '2026-04-23T21:59:59Z', '2026-04-23'],
    ['Africa/Cairo', '2026-04-23T22:00:00Z', '2026-04-24'],
  ])('%s at %s is %s', (zone, instant, day) => {
    expect(calendarOf(zone).dayOf(at(instant))).toBe(day);
  });

  it('follows the day before it, over changes of the clock, months and leap days', () => {
    const calendar = calendarOf('America/New_York');
    expect(calendar.nextDay('2026-03-07')).toBe('2026-03-08');
    expect(calendar.nextDay('2026-03-08')).toBe('2026-03-09');
    expect(calendar.previousDay('2026-11-02')).toBe('2026-11-01');
    expect(calendar.nextDay('2028-02-28')).toBe('2028-02-29');
    expect(calendar.nextDay('2026-12-31')).toBe('2027-01-01');
  });

  it('that a zone never had is left out', () => {
    const calendar = calendarOf('Pacific/Apia');
    expect(calendar.dayOf(at('2011-12-30T09:59:59Z'))).toBe('2011-12-29');
    expect(calendar.dayOf(at('2011-12-30T10:00:00Z'))).toBe('2011-12-31');
    expect(calendar.nextDay('2011-12-29')).toBe('2011-12-31');
    expect(calendar.previousDay('2011-12-31')).toBe('2011-12-29');
    expect(calendar.daysMissed('2011-12-29', '2011-12-31', 10)).toBe(0);
    expect(calendar.rolling('2011-12-31', 3)).toEqual({ first: '2011-12-28', last: '2011-12-31' });
  });

  it('is missed when it lies between two others, counted up to a limit', () => {
    const calendar = calendarOf('Europe/London');
    expect(calendar.daysMissed('2026-03-28', '2026-03-29', 10)).toBe(0);
    expect(calendar.daysMissed('2026-03-28', '2026-03-31', 10)).toBe(2);
    expect(calendar.daysMissed('2026-03-28', '2027-03-31', 3)).toBe(3);
  });
});

describe('the period of an instant', () => {
  it.each([
    ['once', 'Asia/Seoul', '2026-12-01T00:00:00Z', 'once', '0000-01-01', '9999-12-31'],
    ['daily', 'Asia/Seoul', '2026-11-30T15:00:00Z', '2026-12-01', '2026-12-01', '2026-12-01'],
    ['weekly', 'Asia/Seoul', '2026-12-01T00:00:00Z', '2026-W49', '2026-11-30', '2026-12-06'],
    // 2026 has an ISO week 53, which holds the first days of 2027.
    ['weekly', 'Europe/London', '2027-01-03T23:59:59Z', '2026-W53', '2026-12-28', '2027-01-03'],
    ['weekly', 'Europe/London', '2027-01-04T00:00:00Z', '2027-W01', '2027-01-04', '2027-01-10'],
    ['weekly', 'Asia/Seoul', '2027-01-03T15:00:00Z', '2027-W01', '2027-01-04', '2027-01-10'],
    ['monthly', 'America/New_York', '2026-12-01T04:59:59Z', '2026-11', '2026-11-01', '2026-11-30'],
    ['monthly', 'America/New_York', '2028-02-29T12:00:00Z', '2028-02', '2028-02-01', '2028-02-29'],
  ] as const)('%s in %s at %s is %s', (repeat, zone, instant, key, first, last) => {
    expect(calendarOf(zone).periodOf(repeat, at(instant))).toEqual({ key, first, last });
  });
});

describe('a time zone', () => {
  it.each(['Asia/Seoul', 'UTC', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('%s is known', (name) => {
    expect(isTimeZone(name)).toBe(true);
  });

  it.each(['', 'Asia/Soul', '+09:00', 'Europe/London; --', 'local'])('%j is not', (name) => {
    expect(isTimeZone(name)).toBe(false);
  });
});
