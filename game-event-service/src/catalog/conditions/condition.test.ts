import { describe, expect, it } from 'vitest';
import { conditionProblems } from './condition-problems.ts';
import { ConditionInput } from './condition.ts';

const leaf = { metric: 'attendance.check-in', op: '>=', value: 3 };
const wrong = (value: unknown): string[] =>
  (ConditionInput.safeParse(value).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
const nested = (levels: number): unknown => (levels === 1 ? leaf : { all: [nested(levels - 1)] });

describe('a condition', () => {
  it('is a leaf, or all, any or not of conditions', () => {
    const condition = {
      all: [
        { metric: 'quest.completed', op: '>=', value: 3, over: 'rolling:7d', where: { difficulty: 'hard' } },
        {
          any: [
            { streak: 'attendance.check-in', length: 7, grace: 1 },
            { account: 'ageDays', op: '<', value: 30 },
          ],
        },
        { not: { account: 'guest', op: '==', value: true } },
        { account: 'status', op: '!=', value: 'banned' },
      ],
    };
    expect(ConditionInput.parse(condition)).toEqual(condition);
  });

  it('counts over the whole event and forgives nothing where it does not say otherwise', () => {
    expect(ConditionInput.parse({ all: [leaf, { streak: 'attendance.check-in', length: 2 }] })).toEqual({
      all: [
        { ...leaf, over: 'event' },
        { streak: 'attendance.check-in', length: 2, grace: 0 },
      ],
    });
  });

  it('is refused with the path of everything that is wrong', () => {
    const condition = {
      all: [
        { ...leaf, op: '=>' },
        { any: [] },
        { not: { ...leaf, over: 'rolling:0d', extra: 1 } },
        { account: 'guest', op: '>', value: 'yes' },
        { streak: 'attendance.check-in', length: 0 },
        { ...leaf, where: {} },
        'everyone',
        {},
        { ...leaf, all: [leaf] },
      ],
      none: true,
    };
    expect(wrong(condition)).toEqual([
      'none: Unknown field',
      expect.stringContaining('all.0.op: '),
      'all.1.any: must hold at least one condition',
      expect.stringContaining('all.2.not.over: must be event, period, day, or rolling'),
      'all.2.not.extra: Unknown field',
      expect.stringContaining('all.3.op: '),
      expect.stringContaining('all.3.value: '),
      expect.stringContaining('all.4.length: '),
      'all.5.where: must hold at least one attribute',
      'all.6: must be a condition',
      expect.stringContaining('all.7: must hold exactly one of'),
      expect.stringContaining('all.8: must hold exactly one of'),
    ]);
  });

  it('rolls over at most 366 days', () => {
    expect(wrong({ ...leaf, over: 'rolling:366d' })).toEqual([]);
    expect(wrong({ any: [{ ...leaf, over: 'rolling:367d' }] })).toEqual([
      'any.0.over: must be event, period, day, or rolling:<1 to 366>d',
    ]);
  });

  it('is at most 8 levels deep', () => {
    expect(wrong(nested(8))).toEqual([]);
    expect(wrong(nested(9))).toEqual([
      'all.0.all.0.all.0.all.0.all.0.all.0.all.0.all.0: must be at most 8 levels deep',
    ]);
  });

  it('has at most 64 leaves', () => {
    const leaves = (count: number): unknown => ({ any: Array.from({ length: count }, () => leaf) });
    expect(wrong(leaves(64))).toEqual([]);
    expect(wrong(leaves(65))).toEqual(['any.64: must have at most 64 leaves']);
  });

  it('that is hostile is refused in no time, with a list that ends', () => {
    let deep: unknown = leaf;
    for (let level = 0; level < 100_000; level += 1) deep = { not: deep };
    expect(conditionProblems(deep)).toHaveLength(1);
    expect(conditionProblems({ all: Array.from({ length: 100_000 }, () => 0) })).toHaveLength(50);
  });

  it.each([undefined, null, [], 'all', 3])('is not %j', (value) => {
    expect(wrong(value)).toEqual([': must be a condition']);
  });
});
