import { describe, expect, it } from 'vitest';
import { FIRST_KEY, nextKey, scheduleOf, type KeyTimes } from './key-schedule.ts';

const TOKEN_LIFE_MS = 600_000;
const SKEW_MS = 60_000;
const LEAD_MS = 300_000;
const start = new Date('2026-12-01T00:00:00Z');
const at = (ms: number): Date => new Date(start.getTime() + ms);

const first = FIRST_KEY;
const second: KeyTimes = { sequence: 2, signsFrom: at(LEAD_MS) };
const third: KeyTimes = { sequence: 3, signsFrom: at(2 * LEAD_MS) };
const schedule = (keys: KeyTimes[], ms: number) => scheduleOf(keys, at(ms), TOKEN_LIFE_MS);

describe('a signing key', () => {
  it('is published before it signs, and its predecessor signs until then', () => {
    for (const ms of [0, LEAD_MS - 1]) {
      expect(schedule([second, first], ms)).toEqual({
        signing: first,
        published: [second, first],
        expired: [],
      });
    }
    expect(schedule([second, first], LEAD_MS).signing).toBe(second);
  });

  it('verifies until the last token that it signed is dead, wherever the clock was, and not longer', () => {
    const end = LEAD_MS + TOKEN_LIFE_MS + SKEW_MS;
    expect(schedule([second, first], end - 1).published).toEqual([second, first]);
    expect(schedule([second, first], end)).toEqual({
      signing: second,
      published: [second],
      expired: [first],
    });
  });

  it('ends by its own successor, not by a later one', () => {
    const end = LEAD_MS + TOKEN_LIFE_MS + SKEW_MS;
    expect(schedule([third, second, first], end)).toEqual({
      signing: third,
      published: [third, second],
      expired: [first],
    });
  });

  it('that is the only one signs whatever the clock says', () => {
    expect(schedule([second], 0)).toEqual({ signing: second, published: [second], expired: [] });
    expect(schedule([first], 0)).toEqual({ signing: first, published: [first], expired: [] });
    expect(schedule([], 0)).toEqual({ signing: undefined, published: [], expired: [] });
  });
});

describe('the next key', () => {
  it('signs when it has been published long enough', () => {
    expect(nextKey([first], start, LEAD_MS)).toEqual(second);
  });

  it('is the one that waits already, for as long as it waits', () => {
    expect(nextKey([second, first], at(LEAD_MS - 1), LEAD_MS)).toBeUndefined();
    expect(nextKey([second, first], at(LEAD_MS), LEAD_MS)).toEqual(third);
  });
});
