import type { Rules } from '../../catalog/rules/rules.ts';
import type { Addition } from './progress-store.ts';
import { knownCounter, type Counter } from '../../catalog/conditions/counter.ts';
import { progressIdOf, type CounterChange, type Progress } from './progress.ts';

interface Sum {
  total: number;
  days: Record<string, number>;
}

/**
 * Finds the counters that are not what the additions make.
 *
 * @param additions everything that is to be counted for these accounts
 * @param left keys of counters that are left as they are, because they count what is not among the additions
 */
export function decideRebuild(
  accountIds: readonly string[],
  rules: Iterable<Pick<Rules, 'event' | 'counted'>>,
  progress: ReadonlyMap<string, Progress>,
  additions: readonly Addition[],
  left: ReadonlySet<string>,
): CounterChange[] {
  const sums = sumsOf(additions);
  const changes: CounterChange[] = [];
  for (const { event, counted } of rules) {
    for (const { key } of counted.filter((each) => !left.has(each.key))) {
      for (const accountId of accountIds) {
        const id = progressIdOf(event.id, accountId);
        const counter = sums.get(id)?.get(key);
        if (isSame(knownCounter(progress.get(id), key), counter)) continue;
        changes.push({ eventId: event.id, accountId, counterKey: key, counter });
      }
    }
  }
  return changes;
}

function sumsOf(additions: readonly Addition[]): Map<string, Map<string, Sum>> {
  const sums = new Map<string, Map<string, Sum>>();
  for (const { eventId, accountId, counterKey, day, value } of additions) {
    const id = progressIdOf(eventId, accountId);
    const counters = sums.get(id) ?? new Map<string, Sum>();
    const sum = counters.get(counterKey) ?? { total: 0, days: {} };
    sum.total += value;
    sum.days[day] = (sum.days[day] ?? 0) + value;
    sums.set(id, counters.set(counterKey, sum));
  }
  return sums;
}

function isSame(one: Counter | undefined, other: Counter | undefined): boolean {
  if (!one || !other) return one === other;
  const days = Object.keys(one.days);
  return (
    one.total === other.total &&
    days.length === Object.keys(other.days).length &&
    days.every((day) => one.days[day] === other.days[day])
  );
}
