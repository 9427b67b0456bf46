import { describe, expect, it } from 'vitest';
import { UserError } from '../../console/user-error.ts';
import { parseAge, parseFilter } from './filter-options.ts';

describe('parseFilter', () => {
  it('puts all pairs together', () => {
    expect(parseFilter(['type=laurel.reward.requested.v1', 'older=2h', 'account=acc_1'])).toEqual({
      type: 'laurel.reward.requested.v1',
      olderMs: 7_200_000,
      account: 'acc_1',
    });
    expect(parseFilter([])).toEqual({});
  });

  it.each(['colour=red', 'type', 'type=', 'older=soon'])(
    'refuses %s instead of taking every letter',
    (pair) => {
      expect(() => parseFilter([pair])).toThrow(UserError);
    },
  );
});

describe('parseAge', () => {
  it.each([
    ['90s', 90_000],
    ['10m', 600_000],
    ['2h', 7_200_000],
    ['30d', 2_592_000_000],
  ])('reads %s', (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });
});
