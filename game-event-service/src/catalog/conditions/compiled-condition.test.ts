import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arbitraryCondition,
  arbitrarySituation,
  factsOf,
  type Situation,
} from '../../../test/support/arbitrary-situation.ts';
import { naiveExplanation } from '../../../test/support/naive-explanation.ts';
import { counterKey } from './counter.ts';
import { compileCondition } from './compiled-condition.ts';

describe('a compiled condition', () => {
  it('is met, and explains itself leaf by leaf, exactly as a naive look through the history says', () => {
    fc.assert(
      fc.property(arbitraryCondition, arbitrarySituation, (condition, situation) => {
        const compiled = compileCondition(condition);
        const expected = naiveExplanation(condition, situation);
        expect(compiled.explain(factsOf(situation))).toEqual(expected);
        expect(compiled.isMet(factsOf(situation))).toBe(expected.met);
      }),
      { numRuns: 1_500 },
    );
  });

  it('shows for every leaf what it stands at and what it asks for', () => {
    const around: Situation = {
      zone: 'Asia/Seoul',
      repeat: 'once',
      now: new Date('2011-12-24T03:00:00Z'),
      account: { ageDays: 3, guest: true, status: 'active' },
      history: ['2011-12-21', '2011-12-22', '2011-12-24'].map((day) => ({
        metric: 'attendance.check-in',
        at: new Date(`${day}T02:00:00Z`),
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
        now: new Date(),
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
