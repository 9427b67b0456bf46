import { isWithin, type Calendar, type DaySpan } from '../calendar/calendar.ts';
import type { Counter } from './counter.ts';

/**
 * The length of a streak: the most days with something counted that any range of days holds in which at most
 * `grace` days were missed. The range begins and ends with a counted day.
 *
 * @param ending the span in which the range has to end: one day for the streak that runs up to that day, a
 * period for the best that was reached in it
 */
export function longestStreak(counter: Counter, grace: number, ending: DaySpan, calendar: Calendar): number {
  const days = Object.keys(counter.days)
    .filter((day) => (counter.days[day] ?? 0) > 0 && day <= ending.last)
    .toSorted();
  // missedBefore[i]: days missed between the day i - 1 and the day i.
  const missedBefore = days.map((day, index) => {
    const before = days[index - 1];
    return before === undefined ? 0 : calendar.daysMissed(before, day, grace + 1);
  });

  let longest = 0;
  let start = 0;
  let missed = 0;
  for (const [end, day] of days.entries()) {
    if (end > 0) missed += missedBefore[end] ?? 0;
    while (missed > grace) {
      start += 1;
      missed -= missedBefore[start] ?? 0;
    }
    if (isWithin(day, ending)) longest = Math.max(longest, end - start + 1);
  }
  return longest;
}
