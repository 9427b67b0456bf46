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

/** @returns the longest time without a success that overlaps the fault, in milliseconds */
export function gapAround(
  times: readonly number[],
  fault: Pick<InjectedFault, 'startedAt' | 'healedAt'>,
  period: Period,
): number {
  const before = times.findLast((time) => time <= fault.startedAt) ?? 0;
  const after = times.find((time) => time >= fault.healedAt) ?? Infinity;
  const startedAt = Math.max(before, period.startedAt);
  return longestGap(times, { startedAt, endedAt: Math.max(startedAt, Math.min(after, period.endedAt)) });
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
