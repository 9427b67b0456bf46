import { describe, expect, it } from 'vitest';
import { RewardInput } from './reward-schema.ts';
import { REWARD_KINDS, rewardKinds, specOf } from './kinds/reward-kinds.ts';

const input = { name: 'Sword', asset: 'sword', quantity: 1 };
const problemsOf = (value: object) =>
  RewardInput.safeParse(value).error?.issues.map(({ path }) => path.join('.'));

describe('the kinds of reward', () => {
  it('are all in the table', () => {
    expect(Object.keys(rewardKinds)).toEqual([...REWARD_KINDS]);
  });

  it.each(['currency', 'item'] as const)('%s has any stock, which the operator gives', (kind) => {
    expect(specOf(kind).validate(5)).toEqual([]);
    expect(specOf(kind).validate(null)).toEqual([]);
    expect(problemsOf({ ...input, kind, stock: 5 })).toBeUndefined();
    expect(problemsOf({ ...input, kind })).toEqual(['stock']);
  });

  it('coupon has its codes for a stock, and takes no number', () => {
    expect(rewardKinds.coupon.validate(5).map(({ path }) => path)).toEqual(['stock']);
    expect(problemsOf({ ...input, kind: 'coupon' })).toBeUndefined();
    expect(problemsOf({ ...input, kind: 'coupon', stock: 5 })).toEqual(['stock']);
  });

  it('coupon alone shows a payload', () => {
    const shown = REWARD_KINDS.map((kind) => [kind, specOf(kind).toResponse({ code: 'A' })]);
    expect(Object.fromEntries(shown)).toEqual({ currency: {}, item: {}, coupon: { code: 'A' } });
  });

  it('are named by nothing else, not even by what every object has', () => {
    for (const kind of ['constructor', '__proto__', 'chest', 7, null]) {
      expect(problemsOf({ ...input, kind, stock: 5 })).toEqual(['kind']);
    }
  });
});
