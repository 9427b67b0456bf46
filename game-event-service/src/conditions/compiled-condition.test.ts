import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { calendarOf, type Day, type Repeat } from '../calendar/calendar.ts';
import { counterKey, type Counter, type Where } from '../progress/progress.ts';
import { compileCondition, type Explanation, type Facts } from './compiled-condition.ts';
import type { Condition } from './condition.ts';
import { ACCOUNT_STATUSES, COMPARISONS, type Leaf } from './leaf.ts';

interface Item {
  metric: string;
  day: Day;
  value: number;
  attributes: Where;
}

interface Situation {
  zone: string;
  repeat: Repeat;
  today: Day;
  history: Item[];
  account: Facts['account'];
}

// ---- The same rules again, as slowly and plainly as they can be written: over the history, day by day.

function naive(condition: Condition, situation: Situation): boolean {
  if ('all' in condition) return !condition.all.some((part) => !naive(part, situation));
  if ('any' in condition) return condition.any.filter((part) => naive(part, situation)).length > 0;
  if ('not' in condition) return !naive(condition.not, situation);
  if ('streak' in condition)
    return naiveStreak(condition.streak, condition.grace, situation) >= condition.length;
  const current =
    'metric' in condition ? naiveSum(condition, situation) : situation.account[condition.account];
  const { op, value } = condition;
  const order = current < value ? -1 : current > value ? 1 : 0;
  return {
    '>=': order >= 0,
    '>': order > 0,
    '<=': order <= 0,
    '<': order < 0,
    '==': order === 0,
    '!=': order !== 0,
  }[op];
}

function everyDay(situation: Situation): Day[] {
  const days: Day[] = [];
  const { nextDay } = calendarOf(situation.zone);
  for (let day = FIRST_DAY; day <= situation.today; day = nextDay(day)) days.push(day);
  return days;
}

function inPeriod(day: Day, { repeat, today }: Situation): boolean {
  const noon = (of: Day): Date => new Date(`${of}T12:00:00Z`);
  const utc = calendarOf('UTC');
  return utc.periodOf(repeat, noon(day)).key === utc.periodOf(repeat, noon(today)).key;
}

function naiveSum(leaf: Extract<Leaf, { metric: string }>, situation: Situation): number {
  const days = everyDay(situation);
  const rolling = /^rolling:(\d+)d$/.exec(leaf.over);
  const counts = (day: Day): boolean => {
    if (leaf.over === 'event') return true;
    if (leaf.over === 'period') return inPeriod(day, situation);
    return days.slice(-Number(rolling?.[1] ?? 1)).includes(day);
  };
  let sum = 0;
  for (const { metric, day, value, attributes } of situation.history) {
    const fits = Object.entries(leaf.where ?? {}).every(([name, wanted]) => attributes[name] === wanted);
    if (metric === leaf.metric && fits && counts(day)) sum += value;
  }
  return sum;
}

function naiveStreak(metric: string, grace: number, situation: Situation): number {
  const days = everyDay(situation);
  const done = days.map((day) =>
    situation.history.some((item) => item.metric === metric && item.day === day),
  );
  let longest = 0;
  for (let from = 0; from < days.length; from += 1) {
    for (let to = from; to < days.length; to += 1) {
      const stretch = done.slice(from, to + 1);
      const count = stretch.filter(Boolean).length;
      const begins = done[from] === true && done[to] === true;
      if (begins && stretch.length - count <= grace && inPeriod(days[to] ?? '', situation)) {
        longest = Math.max(longest, count);
      }
    }
  }
  return longest;
}

// ---- Random trees, histories and accounts.

const FIRST_DAY = '2011-12-20';
const METRICS = ['attendance.check-in', 'quest.completed'];
const WHERES: (Where | undefined)[] = [
  undefined,
  { difficulty: 'hard' },
  { mode: 'co-op', difficulty: 'hard' },
];

const day = fc
  .integer({ min: 0, max: 24 })
  .map((offset) => new Date(Date.UTC(2011, 11, 20 + offset)).toISOString().slice(0, 10));

const leaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    metric: fc.constantFrom(...METRICS),
    op: fc.constantFrom(...COMPARISONS),
    value: fc.integer({ min: 0, max: 12 }),
    over: fc.constantFrom('event', 'period', 'day', 'rolling:1d', 'rolling:3d', 'rolling:7d', 'rolling:30d'),
    where: fc.constantFrom(...WHERES),
  }),
  fc.record({
    streak: fc.constantFrom(...METRICS),
    length: fc.integer({ min: 1, max: 8 }),
    grace: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    account: fc.constant('ageDays' as const),
    op: fc.constantFrom(...COMPARISONS),
    value: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({
    account: fc.constant('guest' as const),
    op: fc.constantFrom('==' as const, '!=' as const),
    value: fc.boolean(),
  }),
  fc.record({
    account: fc.constant('status' as const),
    op: fc.constantFrom('==' as const, '!=' as const),
    value: fc.constantFrom(...ACCOUNT_STATUSES),
  }),
);

const condition = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('tree').map((not) => ({ not })),
  ),
})).tree;

const situation: fc.Arbitrary<Situation> = fc
  .record({
    // Apia had no 30 December 2011.
    zone: fc.constantFrom('Asia/Seoul', 'Pacific/Apia'),
    repeat: fc.constantFrom<Repeat[]>('once', 'daily', 'weekly', 'monthly'),
    today: day,
    account: fc.record({
      ageDays: fc.integer({ min: 0, max: 5 }),
      guest: fc.boolean(),
      status: fc.constantFrom(...ACCOUNT_STATUSES),
    }),
    history: fc.array(
      fc.record({
        metric: fc.constantFrom(...METRICS),
        day,
        value: fc.integer({ min: 1, max: 3 }),
        attributes: fc.constantFrom<Where[]>(
          {},
          { difficulty: 'hard' },
          { difficulty: 'hard', mode: 'co-op' },
        ),
      }),
      { maxLength: 30 },
    ),
  })
  .map(({ zone, repeat, account, ...drawn }) => {
    const lived = (of: Day): boolean => zone !== 'Pacific/Apia' || of !== '2011-12-30';
    const today = lived(drawn.today) ? drawn.today : '2011-12-31';
    const history = drawn.history.filter((item) => lived(item.day) && item.day <= today);
    return { zone, repeat, account, today, history };
  });

function factsOf({ zone, repeat, today, history, account }: Situation): Facts {
  const counters: Record<string, { total: number; days: Record<Day, number> }> = {};
  for (const { metric, day, value, attributes } of history) {
    for (const where of WHERES) {
      if (!Object.entries(where ?? {}).every(([name, wanted]) => attributes[name] === wanted)) continue;
      const counter = (counters[counterKey(metric, where)] ??= { total: 0, days: {} });
      counter.total += value;
      counter.days[day] = (counter.days[day] ?? 0) + value;
    }
  }
  const progress: { counters: Record<string, Counter> } = { counters };
  const calendar = calendarOf(zone);
  const period = calendarOf('UTC').periodOf(repeat, new Date(`${today}T12:00:00Z`));
  return { calendar, today, period, progress, account };
}

const isConsistent = (node: Explanation): boolean => {
  if ('all' in node) return node.met === node.all.every(({ met }) => met) && node.all.every(isConsistent);
  if ('any' in node) return node.met === node.any.some(({ met }) => met) && node.any.every(isConsistent);
  if ('not' in node) return node.met === !node.not.met && isConsistent(node.not);
  return true;
};

describe('a compiled condition', () => {
  it('is met exactly when a naive look through the history says so', () => {
    fc.assert(
      fc.property(condition, situation, (tree, around) => {
        expect(compileCondition(tree).isMet(factsOf(around))).toBe(naive(tree, around));
      }),
      { numRuns: 1_500 },
    );
  });

  it('explains itself with the same outcome, and every part of the explanation fits the others', () => {
    fc.assert(
      fc.property(condition, situation, (tree, around) => {
        const compiled = compileCondition(tree);
        const explanation = compiled.explain(factsOf(around));
        expect(explanation.met).toBe(compiled.isMet(factsOf(around)));
        expect(isConsistent(explanation)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('shows for every leaf what it stands at and what it asks for', () => {
    const around: Situation = {
      zone: 'Asia/Seoul',
      repeat: 'once',
      today: '2011-12-24',
      account: { ageDays: 3, guest: true, status: 'active' },
      history: ['2011-12-21', '2011-12-22', '2011-12-24'].map((day) => ({
        metric: 'attendance.check-in',
        day,
        value: 1,
        attributes: {},
      })),
    };
    const checkIns = { metric: 'attendance.check-in', op: '>=', value: 4, over: 'event' } as const;
    const streak = { streak: 'attendance.check-in', length: 3, grace: 1 };
    const guest = { account: 'guest', op: '==', value: true } as const;
    expect(
      compileCondition({ any: [checkIns, { all: [streak, { not: guest }] }] }).explain(factsOf(around)),
    ).toEqual({
      met: false,
      any: [
        { ...checkIns, current: 3, required: 4, met: false },
        {
          met: false,
          all: [
            { ...streak, current: 3, required: 3, met: true },
            { met: false, not: { ...guest, current: true, required: true, met: true } },
          ],
        },
      ],
    });
  });

  it('of an account that has done nothing counts zero', () => {
    const facts = {
      ...factsOf({
        zone: 'UTC',
        repeat: 'daily',
        today: FIRST_DAY,
        history: [],
        account: { ageDays: 0, guest: false, status: 'active' },
      }),
      progress: undefined,
    };
    expect(compileCondition({ metric: 'any.metric', op: '==', value: 0, over: 'day' }).isMet(facts)).toBe(
      true,
    );
    expect(compileCondition({ streak: 'any.metric', length: 1, grace: 5 }).isMet(facts)).toBe(false);
  });
});

describe('the key of a counter', () => {
  it('is the same whatever the order of its attributes, and never a path for MongoDB', () => {
    const key = counterKey('quest.completed', { mode: 'co-op', difficulty: 'hard' });
    expect(counterKey('quest.completed', { difficulty: 'hard', mode: 'co-op' })).toBe(key);
    expect(key).not.toMatch(/[.$]/);
  });

  it('differs with metric, attribute, value and type of value', () => {
    const keys = [
      counterKey('quest'),
      counterKey('quest.completed'),
      counterKey('quest%2ecompleted'),
      counterKey('quest', { level: 1 }),
      counterKey('quest', { level: '1' }),
      counterKey('quest', { level: true }),
      counterKey('quest', { other: 1 }),
      counterKey('quest', { 'level.x': 1 }),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });
});
