import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { arbitraryCondition } from '../../../test/support/arbitrary-situation.ts';
import { calendarOf } from '../calendar/calendar.ts';
import { CHECK_IN_METRIC, counterKey } from './counter.ts';
import { compileCondition } from './compiled-condition.ts';
import { ConditionInput } from './condition.ts';
import { ACCOUNT_STATUSES } from './leaf.ts';
import { unreachableParts, type EventBounds } from './unreachable-condition.ts';

/** A week in New York with a day of 23 hours. */
const week: EventBounds = {
  kind: 'attendance',
  timeZone: 'America/New_York',
  startsAt: new Date('2026-03-05T05:00:00Z'),
  endsAt: new Date('2026-03-12T04:00:00Z'),
  repeat: 'once',
};
const wrong = (condition: unknown, event: Partial<EventBounds> = {}): string[] =>
  unreachableParts(ConditionInput.parse(condition), { ...week, ...event }).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );

const checkIns = (op: string, value: number, more: object = {}) => ({
  metric: CHECK_IN_METRIC,
  op,
  value,
  ...more,
});
const quests = (op: string, value: number, more: object = {}) => ({
  metric: 'quest.completed',
  op,
  value,
  ...more,
});
const streak = (length: number, more: object = {}) => ({ streak: CHECK_IN_METRIC, length, ...more });
const age = (op: string, value: number) => ({ account: 'ageDays', op, value });
const guest = (value: boolean) => ({ account: 'guest', op: '==', value });

describe('a condition that nobody could ever meet is refused', () => {
  it.each([
    ['a counter below zero', quests('<', 0), {}],
    ['a counter of a negative number', quests('==', -3), {}],
    ['more check-ins than the event has days', checkIns('>=', 8), {}],
    ['half a check-in', checkIns('==', 2.5), {}],
    ['two check-ins in one day', checkIns('>=', 2, { over: 'day' }), {}],
    ['more check-ins than days in the window', checkIns('>', 3, { over: 'rolling:3d' }), {}],
    ['two check-ins in each day', checkIns('>=', 2, { over: 'period' }), { repeat: 'daily' as const }],
    ['check-ins with attributes, which they never have', checkIns('>=', 1, { where: { mode: 'hard' } }), {}],
    ['check-ins in an event without any', checkIns('>=', 1), { kind: 'invite' }],
    ['a streak longer than the event', streak(8), {}],
    ['a streak longer than the event, whatever is forgiven', streak(8, { grace: 300 }), {}],
    ['a streak of quests longer than the event', { streak: 'quest.completed', length: 8 }, {}],
    ['a streak of check-ins in an event without any', streak(1), { kind: 'activity' }],
    ['an account of less than no age', age('<', 0), {}],
    ['an account of half a day', age('==', 0.5), {}],
  ])('%s', (_, condition, event) => {
    expect(wrong(condition, event)).toEqual([
      expect.stringMatching(/^: can never be met: what it compares is/),
    ]);
  });

  it.each([
    ['at least 5 and less than 5', [quests('>=', 5), quests('<', 5)]],
    ['two numbers at once', [quests('==', 1), quests('==', 2)]],
    ['a whole number between 3 and 4', [age('>', 3), age('<', 4)]],
    ['one number that is excluded', [quests('==', 3), quests('!=', 3)]],
    ['a guest and no guest', [guest(true), { not: guest(true) }]],
    ['a long streak without a short one', [streak(5), { not: streak(3) }]],
    ['what is deeper inside', [quests('>', 5), { all: [{ not: { any: [quests('>', 5), age('>', 3)] } }] }]],
  ])('all that contradicts itself: %s', (_, all) => {
    expect(wrong({ all })).toEqual([
      expect.stringMatching(/^all\.1\S*: can never be met together with all\.0$/),
    ]);
  });

  it('a status that is none of those there are', () => {
    const all = ACCOUNT_STATUSES.map((value) => ({ account: 'status', op: '!=', value }));
    expect(wrong({ all })).toEqual(['all.2: can never be met together with all.0, all.1']);
  });

  it('with every part that is to blame, and nothing twice', () => {
    const condition = {
      all: [
        quests('<', 0),
        { any: [checkIns('>', 7), { all: [streak(9), age('>=', 1)] }] },
        { not: quests('>=', 0) },
        age('>=', 3),
      ],
    };
    expect(wrong(condition)).toEqual([
      'all.1.any.0: can never be met: what it compares is a whole number from 0 to 7 here',
      'all.1.any.1.all.0: can never be met: what it compares is a whole number from 0 to 7 here',
      'all.0: can never be met: what it compares is a number of 0 or more here',
      'all.2.not: is always met, and must not be: what it compares is a number of 0 or more here',
    ]);
  });
});

describe('a condition that may be met is taken', () => {
  it.each([
    ['a check-in on every day of the event', checkIns('==', 7), {}],
    ['a streak as long as the event', streak(7), {}],
    ['many quests in one day', quests('>=', 1_000_000, { over: 'day' }), {}],
    ['a fraction of what is summed', { all: [quests('>', 1), quests('<', 2)] }, {}],
    ['no check-in in an event without any', checkIns('==', 0), { kind: 'invite' }],
    [
      'contradicting bounds on different things',
      { all: [quests('>', 5), quests('<', 5, { over: 'day' })] },
      {},
    ],
    ['a part that cannot be, where another can', { any: [quests('<', 0), quests('>', 0)] }, {}],
    ['not what cannot be', { not: quests('<', 0) }, {}],
    ['the ends of a range', { all: [age('>', 3), age('<', 5)] }, {}],
    ['a streak over several periods', streak(7), { repeat: 'daily' as const }],
  ])('%s', (_, condition, event) => {
    expect(wrong(condition, event)).toEqual([]);
  });

  it('whatever it is: no condition that an account meets is ever refused', () => {
    const lived = ['05', '06', '07', '08', '09', '10', '11'].map((day) => `2026-03-${day}`);
    const days = (value: fc.Arbitrary<number>) => fc.dictionary(fc.constantFrom(...lived), value);
    const account = fc.record({
      ageDays: fc.integer({ min: 0, max: 5 }),
      guest: fc.boolean(),
      status: fc.constantFrom(...ACCOUNT_STATUSES),
    });
    const counterOf = (each: Record<string, number>) => ({
      total: Object.values(each).reduce((sum, value) => sum + value, 0),
      days: each,
    });
    const calendar = calendarOf(week.timeZone);
    fc.assert(
      fc.property(
        arbitraryCondition,
        days(fc.constant(1)),
        days(fc.integer({ min: 1, max: 5 })),
        account,
        fc.constantFrom('once' as const, 'daily' as const, 'weekly' as const, 'monthly' as const),
        (condition, attended, completed, standing, repeat) => {
          const now = new Date('2026-03-11T12:00:00Z');
          const isMet = compileCondition(condition).isMet({
            calendar,
            today: calendar.dayOf(now),
            period: calendar.periodOf(repeat, now),
            progress: {
              counters: {
                [counterKey(CHECK_IN_METRIC)]: counterOf(attended),
                [counterKey('quest.completed')]: counterOf(completed),
                [counterKey('quest.completed', { difficulty: 'hard' })]: counterOf(completed),
              },
            },
            account: standing,
          });
          fc.pre(isMet);
          expect(unreachableParts(condition, { ...week, repeat })).toEqual([]);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

it('the days of an event are those of its zone, from the first it touches to the last', () => {
  const calendar = calendarOf('Asia/Seoul');
  const between = (from: string, to: string): number => calendar.daysTouched(new Date(from), new Date(to));
  expect(between('2026-12-01T14:59:59Z', '2026-12-01T15:00:00Z')).toBe(1);
  expect(between('2026-12-01T14:59:59Z', '2026-12-01T15:00:00.001Z')).toBe(2);
  expect(between('2028-02-28T15:00:00Z', '2028-02-29T15:00:00Z')).toBe(1);
  expect(between('2026-12-01T00:00:00Z', '9999-12-31T23:59:59.999Z')).toBeGreaterThan(2_900_000);
});
