import { expect, it } from 'vitest';
import { countFailure, restartDelayMs } from './restart-policy.ts';

it('the pause doubles with every failure in a row and never exceeds 15 s', () => {
  expect([0, 1, 2, 3].map(restartDelayMs)).toEqual([250, 500, 1000, 2000]);
  expect(restartDelayMs(20)).toBe(15_000);
});

it('a process that ran for a minute starts afresh', () => {
  expect(countFailure(5, 1000)).toBe(6);
  expect(countFailure(5, 60_000)).toBe(0);
});
