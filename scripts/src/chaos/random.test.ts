import { describe, expect, it } from 'vitest';
import { seededRandom } from './random.ts';

const numbers = (seed: number, purpose: string): number[] => {
  const random = seededRandom(seed, purpose);
  return Array.from({ length: 50 }, () => random.next());
};

describe('seeded random numbers', () => {
  it('are the same for the same seed and purpose, and others for another', () => {
    expect(numbers(7, 'faults')).toEqual(numbers(7, 'faults'));
    expect(numbers(7, 'faults')).not.toEqual(numbers(8, 'faults'));
    expect(numbers(7, 'faults')).not.toEqual(numbers(7, 'load'));
  });

  it('stay within their bounds and reach both', () => {
    const random = seededRandom(1, 'bounds');
    const drawn = new Set(Array.from({ length: 500 }, () => random.between(2, 5)));
    expect(drawn).toEqual(new Set([2, 3, 4, 5]));
  });

  it('follow the weights', () => {
    const random = seededRandom(1, 'weights');
    const items = [
      { weight: 9, item: 'often' },
      { weight: 1, item: 'seldom' },
    ];
    const often = Array.from({ length: 1_000 }, () => random.pickWeighted(items)).filter(
      (item) => item === 'often',
    );
    expect(often.length).toBeGreaterThan(850);
    expect(often.length).toBeLessThan(950);
  });

  it('shuffle without losing anything', () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    const shuffled = seededRandom(1, 'shuffle').shuffle(items);
    expect(shuffled).not.toEqual(items);
    expect(shuffled.toSorted((a, b) => a - b)).toEqual(items);
  });
});
