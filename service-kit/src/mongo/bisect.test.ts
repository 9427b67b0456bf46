import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bisect } from './bisect.ts';

class Away extends Error {}
const isUnavailable = (error: unknown): boolean => error instanceof Away;

const batches = fc.array(fc.record({ n: fc.integer(), bad: fc.boolean() }), { maxLength: 60 });
const isNamed = (item: { n: number }, error: unknown): boolean =>
  error instanceof Error && error.cause === item;
const ways = fc.record({ parallel: fc.boolean(), names: fc.boolean() });

describe('bisect', () => {
  it('gives each item its own result, and fails only the items that fail alone', async () => {
    await fc.assert(
      fc.asyncProperty(batches, ways, async (items, { parallel, names }) => {
        const results = await bisect(
          items,
          async (group) => {
            const cause = group.find(({ bad }) => bad);
            if (cause) throw new Error('bad one inside', names ? { cause } : {});
            return group.map(({ n }) => n * 2);
          },
          { isUnavailable: isUnavailable, isCause: isNamed, parallel },
        );
        expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual(
          items.map(({ n, bad }) => (bad ? 'failed' : n * 2)),
        );
      }),
    );
  });

  it('does not split a group when MongoDB is unavailable', async () => {
    let calls = 0;
    const results = await bisect(
      [1, 2, 3, 4],
      async () => {
        calls += 1;
        throw new Away();
      },
      { isUnavailable: isUnavailable },
    );
    expect(calls).toBe(1);
    expect(results.every((result) => result.status === 'rejected' && isUnavailable(result.reason))).toBe(
      true,
    );
  });

  it.each([
    { parallel: false, most: 1 },
    { parallel: true, most: 4 },
  ])('runs groups at the same time only if allowed: $parallel', async ({ parallel, most }) => {
    let running = 0;
    let together = 0;
    const work = async (group: readonly number[]): Promise<number[]> => {
      running += 1;
      together = Math.max(together, running);
      await new Promise(setImmediate);
      running -= 1;
      if (group.length > 1) throw new Error('too many');
      return [...group];
    };
    await bisect([1, 2, 3, 4], work, { isUnavailable: isUnavailable, parallel });
    expect(together).toBe(most);
  });

  it.each([
    { how: 'in turn', options: {}, sizes: [200, 100, 50, 25, 13, 7, 4, 2, 1] },
    { how: 'at once', options: { parallel: true }, sizes: [200, 15, 1] },
    { how: 'named', options: { isCause: (item: number) => item === 0 }, sizes: [200] },
  ])('tries one bad item of 200 in groups of $sizes, $how', async ({ options, sizes }) => {
    const tried: number[] = [];
    const work = async (group: readonly number[]): Promise<number[]> => {
      if (!group.includes(0)) return [...group];
      tried.push(group.length);
      throw new Error('bad one inside');
    };
    const items = Array.from({ length: 200 }, (_, index) => index);
    const results = await bisect(items, work, { isUnavailable: isUnavailable, ...options });
    expect(results.map(({ status }) => status)).toEqual(['rejected', ...Array(199).fill('fulfilled')]);
    expect(tried).toEqual(sizes);
  });

  it('refuses work without a result for every item', async () => {
    const results = await bisect([1], async () => [], { isUnavailable: isUnavailable });
    expect(results).toMatchObject([{ status: 'rejected', reason: { message: 'expected 1 results, got 0' } }]);
  });
});
