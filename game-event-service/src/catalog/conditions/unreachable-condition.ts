import { calendarOf, type Repeat } from '../calendar/calendar.ts';
import { CHECK_IN_METRIC, counterKey } from './counter.ts';
import type { InvalidField } from '../../http/invalid-fields.ts';
import { HOLDS, type Value } from './compiled-condition.ts';
import type { ConditionProblem } from './condition-problems.ts';
import type { Condition } from './condition.ts';
import { ACCOUNT_STATUSES, rollingDays, type Comparison, type Leaf } from './leaf.ts';

/** What bounds the counters of an event. */
export interface EventBounds {
  kind: string;
  timeZone: string;
  startsAt: Date;
  endsAt: Date;
  repeat: Repeat;
}

/** A part of a condition, and the outcome of it that the whole needs. */
interface Goal {
  condition: Condition;
  path: readonly PropertyKey[];
  wanted: boolean;
}

/** All that something can be: one of a few, or a number from 0 to `most`. */
type Domain = readonly Value[] | { most: number; isWhole: boolean };

interface Demand {
  /** Equal for leaves that compare the same thing. */
  subject: string;
  domain: Domain;
  op: Comparison;
  required: Value;
}

interface LeafGoal {
  demand: Demand;
  goal: Goal;
}

/**
 * Why nobody could ever meet a condition in an event, where that can be proved: leaves that ask for what cannot be,
 * and leaves on the same thing that cannot hold together. It proves from this alone: counters never fall below
 * zero, check-ins count once a day and in attendance events only, and a streak has no more days than its event.
 * A part that cannot hold is no problem as long as another can stand in for it.
 *
 * @returns nothing where the condition may be met
 */
export function unreachableParts(condition: Condition, event: EventBounds): ConditionProblem[] {
  return deadEnds({ condition, path: [], wanted: true }, event);
}

/** The same of a stored condition, as errors of the field `condition`. */
export function unreachableFields(condition: Condition | undefined, event: EventBounds): InvalidField[] {
  const problems = condition ? unreachableParts(condition, event) : [];
  return problems.map(({ path, message }) => ({ path: ['condition', ...path].join('.'), message }));
}

function deadEnds(goal: Goal, event: EventBounds): ConditionProblem[] {
  const leaves = new Map<string, LeafGoal[]>();
  const problems: ConditionProblem[] = [];
  for (const each of allGoalsOf(goal)) {
    const { condition } = each;
    if (isLeaf(condition)) {
      const demand = demandOf(condition, event);
      leaves.set(demand.subject, [...(leaves.get(demand.subject) ?? []), { demand, goal: each }]);
    } else {
      const alternatives = partsOf(each).map((part) => deadEnds(part, event));
      if (alternatives.every((dead) => dead.length > 0)) problems.push(...alternatives.flat());
    }
  }
  return [...problems, ...[...leaves.values()].flatMap(contradictions)];
}

/** The leaves that must all hold, and the groups in which one part must hold. */
function allGoalsOf(goal: Goal): Goal[] {
  const { condition, wanted } = goal;
  const needsAll = 'not' in condition || (wanted ? 'all' : 'any') in condition;
  return needsAll ? partsOf(goal).flatMap(allGoalsOf) : [goal];
}

function partsOf({ condition, path, wanted }: Goal): Goal[] {
  if ('not' in condition) return [{ condition: condition.not, path: [...path, 'not'], wanted: !wanted }];
  const [name, parts]: [string, Condition[]] =
    'all' in condition ? ['all', condition.all] : 'any' in condition ? ['any', condition.any] : ['', []];
  return parts.map((part, index) => ({ condition: part, path: [...path, name, index], wanted }));
}

const isLeaf = (condition: Condition): condition is Leaf =>
  !('all' in condition || 'any' in condition || 'not' in condition);

/** Narrows what one thing can be leaf by leaf; the leaf that leaves nothing is the problem. */
function contradictions(leaves: readonly LeafGoal[]): ConditionProblem[] {
  const problems: ConditionProblem[] = [];
  let possible: readonly Value[] | undefined;
  const earlier: string[] = [];
  for (const { demand, goal } of leaves) {
    const { domain, op, required } = demand;
    const fits = (value: Value): boolean => HOLDS[op](value, required) === goal.wanted;
    const all = candidatesOf(domain, leaves);
    if (!all.some(fits)) {
      const outcome = goal.wanted ? 'can never be met' : 'is always met, and must not be';
      problems.push({ path: goal.path, message: `${outcome}: what it compares is ${describe(domain)} here` });
      continue;
    }
    const left: readonly Value[] = (possible ?? all).filter(fits);
    if (left.length === 0) {
      problems.push({ path: goal.path, message: `can never be met together with ${earlier.join(', ')}` });
      continue;
    }
    possible = left;
    earlier.push(goal.path.join('.'));
  }
  return problems;
}

/**
 * Values that stand for all: between two numbers that it is compared with, one value is like any other. So where
 * none of these fits all leaves, nothing does.
 */
function candidatesOf(domain: Domain, leaves: readonly { demand: Demand }[]): readonly Value[] {
  if (!('most' in domain)) return domain;
  const compared = leaves.flatMap(({ demand: { required } }) =>
    typeof required === 'number' ? required : [],
  );
  const marks = [0, domain.most, ...compared].toSorted((one, other) => one - other);
  const between = domain.isWhole
    ? marks.map((mark) => Math.floor(mark) + 1)
    : marks.map((mark, index) => mark / 2 + (marks[index + 1] ?? mark) / 2);
  return [...marks, ...between].filter(
    (value) => value >= 0 && value <= domain.most && (!domain.isWhole || Number.isInteger(value)),
  );
}

function describe(domain: Domain): string {
  if (!('most' in domain)) return `one of ${domain.join(', ')}`;
  const { most, isWhole } = domain;
  if (most === 0) return 'always 0';
  const number = isWhole ? 'a whole number' : 'a number';
  return most === Infinity ? `${number} of 0 or more` : `${number} from 0 to ${most}`;
}

function demandOf(leaf: Leaf, event: EventBounds): Demand {
  if ('streak' in leaf) {
    const { streak, grace, length: required } = leaf;
    const most = isNeverCounted(streak, event) ? 0 : daysOf(event);
    const domain = { most, isWhole: true };
    return { subject: `streak ${streak} ${grace}`, domain, op: '>=', required };
  }
  const { op, value: required } = leaf;
  if ('metric' in leaf) {
    const { metric, where, over } = leaf;
    const subject = `metric ${counterKey(metric, where)} ${over}`;
    if (metric !== CHECK_IN_METRIC) {
      return { subject, domain: { most: Infinity, isWhole: false }, op, required };
    }
    const most = where || isNeverCounted(metric, event) ? 0 : Math.min(daysOf(event), daysOver(over, event));
    return { subject, domain: { most, isWhole: true }, op, required };
  }
  return { subject: leaf.account, domain: ACCOUNT_DOMAINS[leaf.account], op, required };
}

const ACCOUNT_DOMAINS: Readonly<Record<'ageDays' | 'guest' | 'status', Domain>> = {
  ageDays: { most: Infinity, isWhole: true },
  guest: [true, false],
  status: ACCOUNT_STATUSES,
};

const isNeverCounted = (metric: string, { kind }: EventBounds): boolean =>
  metric === CHECK_IN_METRIC && kind !== 'attendance';

const DAYS_OF_PERIOD: Readonly<Record<Repeat, number>> = {
  once: Infinity,
  daily: 1,
  weekly: 7,
  monthly: 31,
};

function daysOver(over: string, { repeat }: EventBounds): number {
  if (over === 'event') return Infinity;
  return over === 'period' ? DAYS_OF_PERIOD[repeat] : (rollingDays(over) ?? 1);
}

function daysOf({ timeZone, startsAt, endsAt }: EventBounds): number {
  return calendarOf(timeZone).daysTouched(startsAt, endsAt);
}
