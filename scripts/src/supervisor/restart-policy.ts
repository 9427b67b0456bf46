const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
const STEADY_AFTER_MS = 60_000;

/** How long to wait before the next start: doubled with every failure in a row. */
export function restartDelayMs(failuresInARow: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** failuresInARow, LONGEST_DELAY_MS);
}

/** The number of failures in a row after one more. It is 0 for a process that ran for a minute. */
export function countFailure(failuresInARow: number, ranForMs: number): number {
  return ranForMs >= STEADY_AFTER_MS ? 0 : failuresInARow + 1;
}
