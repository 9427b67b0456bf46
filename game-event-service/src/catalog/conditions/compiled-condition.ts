import type { Calendar, Day, Period } from '../calendar/calendar.ts';
import { counterKey, counterOf, sumWithin, type Counters } from './counter.ts';
import { longestStreak } from './streak.ts';
import type { Condition } from './condition.ts';
import {
  rollingDays,
  type AccountLeaf,
  type AccountStatus,
  type Comparison,
  type Leaf,
  type MetricLeaf,
  type StreakLeaf,
} from './leaf.ts';

/** All that a condition is judged by. */
export interface Facts {
  calendar: Calendar;
  /** The day for which the condition is judged, in the event's zone. */
  today: Day;
  period: Period;
  /** Undefined where the account has done nothing in this event yet. */
  progress: Counters | undefined;
  account: { ageDays: number; guest: boolean; status: AccountStatus };
}

export type Value = number | boolean | string;

/** A condition with what each leaf stands at; `required` repeats what the leaf asks for. */
export type Explanation =
  | { all: Explanation[]; met: boolean }
  | { any: Explanation[]; met: boolean }
  | { not: Explanation; met: boolean }
  | (Leaf & { current: Value; required: Value; met: boolean });

export interface CompiledCondition {
  /** Whether it reads what the account has done, and so needs `progress`. */
  readsProgress: boolean;
  /** Whether it reads the account, and so needs what is known of it. */
  readsAccount: boolean;
  isMet(facts: Facts): boolean;
  explain(facts: Facts): Explanation;
}

/** Turns a condition into functions, once, so that judging an account walks no grammar. */
export function compileCondition(condition: Condition): CompiledCondition {
  if ('all' in condition) return compileAll(condition.all.map(compileCondition));
  if ('any' in condition) return compileAny(condition.any.map(compileCondition));
  if ('not' in condition) return compileNot(compileCondition(condition.not));
  return compileLeaf(condition);
}

/** Both conditions together. Either may be missing; undefined if both are. */
export function bothOf(
  one: CompiledCondition | undefined,
  other: CompiledCondition | undefined,
): CompiledCondition | undefined {
  return one && other ? compileAll([one, other]) : (one ?? other);
}

function compileAll(parts: readonly CompiledCondition[]): CompiledCondition {
  return {
    readsProgress: parts.some((part) => part.readsProgress),
    readsAccount: parts.some((part) => part.readsAccount),
    isMet: (facts) => parts.every((part) => part.isMet(facts)),
    explain: (facts) => {
      const all = parts.map((part) => part.explain(facts));
      return { all, met: all.every(({ met }) => met) };
    },
  };
}

function compileAny(parts: readonly CompiledCondition[]): CompiledCondition {
  return {
    readsProgress: parts.some((part) => part.readsProgress),
    readsAccount: parts.some((part) => part.readsAccount),
    isMet: (facts) => parts.some((part) => part.isMet(facts)),
    explain: (facts) => {
      const any = parts.map((part) => part.explain(facts));
      return { any, met: any.some(({ met }) => met) };
    },
  };
}

function compileNot(part: CompiledCondition): CompiledCondition {
  return {
    readsProgress: part.readsProgress,
    readsAccount: part.readsAccount,
    isMet: (facts) => !part.isMet(facts),
    explain: (facts) => {
      const not = part.explain(facts);
      return { not, met: !not.met };
    },
  };
}

function compileLeaf(leaf: Leaf): CompiledCondition {
  const measure = measureOf(leaf);
  const required = 'streak' in leaf ? leaf.length : leaf.value;
  const holds = HOLDS['streak' in leaf ? '>=' : leaf.op];
  return {
    readsProgress: !('account' in leaf),
    readsAccount: 'account' in leaf,
    isMet: (facts) => holds(measure(facts), required),
    explain: (facts) => {
      const current = measure(facts);
      return { ...leaf, current, required, met: holds(current, required) };
    },
  };
}

function measureOf(leaf: Leaf): (facts: Facts) => Value {
  if ('metric' in leaf) return metricMeasure(leaf);
  if ('streak' in leaf) return streakMeasure(leaf);
  return accountMeasure(leaf);
}

function metricMeasure({ metric, where, over }: MetricLeaf): (facts: Facts) => number {
  const key = counterKey(metric, where);
  if (over === 'event') return ({ progress }) => counterOf(progress, key).total;
  if (over === 'period') return ({ progress, period }) => sumWithin(counterOf(progress, key), period);
  // What is left of the grammar: one day, or several up to today.
  const days = rollingDays(over) ?? 1;
  return ({ progress, calendar, today }) =>
    sumWithin(counterOf(progress, key), calendar.rolling(today, days));
}

/** A streak counts for the period that it reaches into: a streak of last month earns nothing this month. */
function streakMeasure({ streak, grace }: StreakLeaf): (facts: Facts) => number {
  const key = counterKey(streak);
  return ({ progress, calendar, today, period }) => {
    const last = period.last < today ? period.last : today;
    return longestStreak(counterOf(progress, key), grace, { first: period.first, last }, calendar);
  };
}

function accountMeasure(leaf: AccountLeaf): (facts: Facts) => Value {
  return ({ account }) => account[leaf.account];
}

/** What each comparison means. */
export const HOLDS: Readonly<Record<Comparison, (current: Value, required: Value) => boolean>> = {
  '>=': (current, required) => current >= required,
  '>': (current, required) => current > required,
  '<=': (current, required) => current <= required,
  '<': (current, required) => current < required,
  '==': (current, required) => current === required,
  '!=': (current, required) => current !== required,
};
