import fc from 'fast-check';
import { calendarOf, REPEATS, type Day, type Repeat } from '../../src/catalog/calendar/calendar.ts';
import type { Facts } from '../../src/catalog/conditions/compiled-condition.ts';
import type { Condition } from '../../src/catalog/conditions/condition.ts';
import { ACCOUNT_STATUSES, COMPARISONS, type Leaf } from '../../src/catalog/conditions/leaf.ts';
import { CHECK_IN_METRIC, counterKey, type Where } from '../../src/catalog/conditions/counter.ts';

export interface Item {
  metric: string;
  at: Date;
  value: number;
  attributes: Where;
}

/** All that an account has done, and when it is judged. */
export interface Situation {
  zone: string;
  repeat: Repeat;
  now: Date;
  /** Nothing later than `now`. */
  history: Item[];
  account: Facts['account'];
}

const HOUR = 60 * 60_000;
const METRICS = [CHECK_IN_METRIC, 'quest.completed'];
const WHERES: (Where | undefined)[] = [
  undefined,
  { difficulty: 'hard' },
  { mode: 'co-op', difficulty: 'hard' },
  { level: 3 },
];

/** Each with an instant about which the clock changes, a day is left out, or a week 53 goes over the year. */
const PLACES: readonly [zone: string, around: string][] = [
  ['Asia/Seoul', '2027-01-01T00:00:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00:00Z'],
  ['America/New_York', '2026-03-08T07:00:00Z'],
  ['America/New_York', '2026-11-01T06:00:00Z'],
  ['Europe/London', '2028-02-29T00:00:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00:00Z'],
];

const arbitraryLeaf: fc.Arbitrary<Leaf> = fc.oneof(
  fc.record({
    metric: fc.constantFrom(...METRICS),
    op: fc.constantFrom(...COMPARISONS),
    value: fc.integer({ min: -1, max: 12 }),
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

export const arbitraryCondition = fc.letrec<{ tree: Condition }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    arbitraryLeaf,
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie('tree'), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie('tree').map((not) => ({ not })),
  ),
})).tree;

export const arbitrarySituation: fc.Arbitrary<Situation> = fc
  .record({
    place: fc.constantFrom(...PLACES),
    repeat: fc.constantFrom(...REPEATS),
    hours: fc.integer({ min: -100, max: 300 }),
    account: fc.record({
      ageDays: fc.integer({ min: 0, max: 5 }),
      guest: fc.boolean(),
      status: fc.constantFrom(...ACCOUNT_STATUSES),
    }),
    history: fc.array(
      fc.record({
        metric: fc.constantFrom(...METRICS),
        hoursAgo: fc.integer({ min: 0, max: 24 * 14 }),
        value: fc.integer({ min: 1, max: 3 }),
        attributes: fc.constantFrom<Where[]>(
          {},
          { difficulty: 'hard' },
          { difficulty: 'hard', mode: 'co-op' },
          { level: 3, difficulty: 'hard' },
          { level: '3' },
        ),
      }),
      { maxLength: 30 },
    ),
  })
  .map(({ place: [zone, around], repeat, hours, account, history }) => {
    const now = new Date(Date.parse(around) + hours * HOUR);
    const items = history.map(({ hoursAgo, ...item }) => ({
      ...item,
      at: new Date(now.getTime() - hoursAgo * HOUR),
    }));
    return { zone, repeat, account, now, history: items };
  });

/** The facts as the service would have them, with every counter that a condition here can ask for. */
export function factsOf({ zone, repeat, now, history, account }: Situation): Facts {
  const calendar = calendarOf(zone);
  const counters: Record<string, { total: number; days: Record<Day, number> }> = {};
  for (const { metric, at, value, attributes } of history) {
    const day = calendar.dayOf(at);
    for (const where of WHERES) {
      if (!Object.entries(where ?? {}).every(([name, wanted]) => attributes[name] === wanted)) continue;
      const counter = (counters[counterKey(metric, where)] ??= { total: 0, days: {} });
      counter.total += value;
      counter.days[day] = (counter.days[day] ?? 0) + value;
    }
  }
  return {
    calendar,
    today: calendar.dayOf(now),
    period: calendar.periodOf(repeat, now),
    progress: { counters },
    account,
  };
}
