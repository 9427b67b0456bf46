import { describe, expect, it } from 'vitest';
import { gapAround, longestGap, recoveryTime } from './availability.ts';

const period = { startedAt: 1_000, endedAt: 2_000 };

describe('availability', () => {
  it('counts the time before the first success and after the last one too', () => {
    expect(longestGap([1_100, 1_200], period)).toBe(800);
    expect(longestGap([1_700, 1_900], period)).toBe(700);
    expect(longestGap([], period)).toBe(1_000);
  });

  it('looks at nothing outside of the load', () => {
    expect(longestGap([200, 1_500, 2_900], period)).toBe(500);
  });
});

describe('the gap around a fault', () => {
  const times = [1_000, 1_100, 1_400, 1_500, 1_900];

  it('is the longest that the fault has a part in', () => {
    expect(gapAround(times, { startedAt: 1_050, healedAt: 1_450 }, period)).toBe(300);
    expect(gapAround(times, { startedAt: 1_120, healedAt: 1_130 }, period)).toBe(300);
  });

  it('reaches beyond the fault as long as nothing succeeds', () => {
    expect(gapAround(times, { startedAt: 1_420, healedAt: 1_510 }, period)).toBe(400);
  });

  it('ends with the load', () => {
    expect(gapAround([...times, 2_900], { startedAt: 1_910, healedAt: 2_500 }, period)).toBe(100);
    expect(gapAround([], { startedAt: 1_200, healedAt: 1_300 }, period)).toBe(1_000);
  });
});

describe('recovery', () => {
  const successes = new Map([
    ['claim', [100, 500]],
    ['grant', [100, 900]],
    ['check-in', [450]],
    ['refresh', [300, 420]],
  ]);

  it('has come when every kind of operation has succeeded again', () => {
    expect(recoveryTime({ healedAt: 400 }, successes, 2_000)).toBe(500);
  });

  it('is not known when the load ended first', () => {
    expect(recoveryTime({ healedAt: 430 }, successes, 2_000)).toBeUndefined();
    expect(recoveryTime({ healedAt: 400 }, successes, 800)).toBeUndefined();
  });
});
