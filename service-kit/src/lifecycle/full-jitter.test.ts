import { expect, it } from 'vitest';
import { fullJitter } from './full-jitter.ts';

const BACKOFF = { firstMs: 100, longestMs: 1_000 };

it('pauses are uniform between zero and a bound that doubles with each attempt, up to the longest', () => {
  const bounds = [0, 1, 2, 3, 4, 2_000].map((attempts) => fullJitter(attempts, BACKOFF, () => 1));
  expect(bounds).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect(fullJitter(3, BACKOFF, () => 0)).toBe(0);
  expect(fullJitter(3, BACKOFF, () => 0.25)).toBe(200);
});
