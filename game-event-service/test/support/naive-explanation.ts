import type { Explanation } from '../../src/catalog/conditions/compiled-condition.ts';
import type { Condition } from '../../src/catalog/conditions/condition.ts';
import type { Leaf, MetricLeaf, StreakLeaf } from '../../src/catalog/conditions/leaf.ts';
import type { Item, Situation } from './arbitrary-situation.ts';

/**
 * The rules of conditions once more, as slow and plain as possible: over the history, item by item and day by day, with
 * the platform's own clock, and with no code of the service.
 */
export function naiveExplanation(condition: Condition, situation: Situation): Explanation {
  if ('all' in condition) {
    const all = condition.all.map((part) => naiveExplanation(part, situation));
    return { all, met: !all.some(({ met }) => !met) };
  }
  if ('any' in condition) {
    const any = condition.any.map((part) => naiveExplanation(part, situation));
    return { any, met: any.filter(({ met }) => met).length > 0 };
  }
  if ('not' in condition) {
    const not = naiveExplanation(condition.not, situation);
    return { not, met: !not.met };
  }
  return naiveLeaf(condition, situation);
}

function naiveLeaf(leaf: Leaf, situation: Situation): Explanation {
  if ('streak' in leaf) {
    const current = naiveStreak(leaf, situation);
    return { ...leaf, current, required: leaf.length, met: current >= leaf.length };
  }
  const current = 'metric' in leaf ? naiveSum(leaf, situation) : situation.account[leaf.account];
  const { op, value } = leaf;
  const order = current < value ? -1 : current > value ? 1 : 0;
  const met = {
    '>=': order >= 0,
    '>': order > 0,
    '<=': order <= 0,
    '<': order < 0,
    '==': order === 0,
    '!=': order !== 0,
  }[op];
  return { ...leaf, current, required: value, met };
}

const DAY = 24 * 60 * 60_000;

/** Kept, because making one takes far longer than using it. */
const clocks = new Map<string, Intl.DateTimeFormat>();

function dayIn({ zone }: Situation, at: Date): string {
  const clock = clocks.get(zone) ?? new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  clocks.set(zone, clock);
  return clock.format(at);
}

/** The forty days up to now that people in the zone have lived, the last one first. */
function lastDays(situation: Situation): string[] {
  const days = new Set<string>();
  for (let hours = 0; hours < 40 * 24; hours += 12) {
    days.add(dayIn(situation, new Date(situation.now.getTime() - hours * 60 * 60_000)));
  }
  return [...days];
}

function isSamePeriod(one: string, other: string, { repeat }: Situation): boolean {
  const mondayBefore = (day: string): number => {
    const noon = new Date(`${day}T12:00:00Z`);
    return noon.getTime() - ((noon.getUTCDay() + 6) % 7) * DAY;
  };
  if (repeat === 'once') return true;
  if (repeat === 'daily') return one === other;
  if (repeat === 'monthly') return one.slice(0, 7) === other.slice(0, 7);
  return mondayBefore(one) === mondayBefore(other);
}

function naiveSum({ metric, over, where = {} }: MetricLeaf, situation: Situation): number {
  const days = lastDays(situation);
  const [today = ''] = days;
  const isIn = (day: string): boolean => {
    if (over === 'event') return true;
    if (over === 'period') return isSamePeriod(day, today, situation);
    return days.slice(0, over === 'day' ? 1 : Number(over.slice('rolling:'.length, -1))).includes(day);
  };
  const counts = (item: Item): boolean =>
    item.metric === metric &&
    Object.entries(where).every(([name, wanted]) => item.attributes[name] === wanted) &&
    isIn(dayIn(situation, item.at));
  let sum = 0;
  for (const item of situation.history) if (counts(item)) sum += item.value;
  return sum;
}

function naiveStreak({ streak, grace }: StreakLeaf, situation: Situation): number {
  const days = lastDays(situation);
  const [today = ''] = days;
  const active = new Set(
    situation.history.filter(({ metric }) => metric === streak).map(({ at }) => dayIn(situation, at)),
  );
  let longest = 0;
  for (const [last, lastDay] of days.entries()) {
    if (!active.has(lastDay) || !isSamePeriod(lastDay, today, situation)) continue;
    for (const [first, firstDay] of days.entries()) {
      if (!active.has(firstDay) || first < last) continue;
      const range = days.slice(last, first + 1);
      const done = range.filter((day) => active.has(day)).length;
      if (range.length - done <= grace) longest = Math.max(longest, done);
    }
  }
  return longest;
}
