import type { InjectedFault } from '../faults/fault.ts';

export interface Period {
  startedAt: number;
  endedAt: number;
}

/** @param times of successes, in ascending order @returns the longest time without one, in milliseconds */
export function longestGap(times: readonly number[], { startedAt, endedAt }: Period): number {
  let longest = 0;
  let last = startedAt;
  for (const time of [...times.filter((each) => each >= startedAt && each <= endedAt), endedAt]) {
    longest = Math.max(longest, time - last);
    last = time;
  }
  return longest;
}

/** Kinds of operations that tell whether the system as a whole works again. */
const TELLING = ['claim', 'grant', 'check-in', 'refresh'];

/**
 * From the end of a fault until every kind of operation has succeeded again, in milliseconds.
 *
 * @returns undefined when the load ended before
 */
export function recoveryTime(
  { healedAt }: Pick<InjectedFault, 'healedAt'>,
  successes: ReadonlyMap<string, readonly number[]>,
  endedAt: number,
): number | undefined {
  const firsts = TELLING.map((kind) => successes.get(kind)?.find((time) => time >= healedAt) ?? Infinity);
  const last = Math.max(...firsts);
  return last <= endedAt ? last - healedAt : undefined;
}
