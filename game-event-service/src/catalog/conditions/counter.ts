import { isWithin, type Day, type DaySpan } from '../calendar/calendar.ts';

/** The metric that a check-in counts. */
export const CHECK_IN_METRIC = 'attendance.check-in';

/** Attributes that an item must have to count. The author of the condition wrote them. */
export type Where = Readonly<Record<string, string | number | boolean>>;

/** Sums of one metric. Days are those of the event's zone, so every period can be summed from them. */
export interface Counter {
  total: number;
  days: Readonly<Record<Day, number>>;
}

export interface Counters {
  /** By {@link counterKey}. */
  counters: Readonly<Record<string, Counter>>;
}

/**
 * Names the counter of a metric, or of its items with these attributes, in any order. The key is the name of a field in
 * MongoDB, where dots and dollars have a meaning, so they are escaped.
 */
export function counterKey(metric: string, where?: Where): string {
  const names = Object.keys(where ?? {}).toSorted();
  const attributes = names.map((name) => [name, where?.[name]]);
  const plain = names.length === 0 ? metric : `${metric}?${JSON.stringify(attributes)}`;
  return plain.replaceAll(/[%.$]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

const NOTHING: Counter = { total: 0, days: {} };

/** The counter where there is one; a metric may have a name that every object knows, such as `constructor`. */
export function knownCounter(progress: Counters | undefined, key: string): Counter | undefined {
  return progress && Object.hasOwn(progress.counters, key) ? progress.counters[key] : undefined;
}

export function counterOf(progress: Counters | undefined, key: string): Counter {
  return knownCounter(progress, key) ?? NOTHING;
}

export function sumWithin(counter: Counter, span: DaySpan): number {
  if (span.first === span.last) return counter.days[span.first] ?? 0;
  let sum = 0;
  for (const [day, value] of Object.entries(counter.days)) {
    if (isWithin(day, span)) sum += value;
  }
  return sum;
}
