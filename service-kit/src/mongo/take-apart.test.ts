import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { takeApart } from './take-apart.ts';

class Away extends Error {}
const isAway = (error: unknown): boolean => error instanceof Away;

describe('takeApart', () => {
  it('gives each item its own result, and harms only the items that fail alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ n: fc.integer(), bad: fc.boolean() })), async (items) => {
        const results = await takeApart(
          items,
          async (group) => {
            if (group.some(({ bad }) => bad)) throw new Error('bad one inside');
            return group.map(({ n }) => n * 2);
          },
          isAway,
        );
        expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual(
          items.map(({ n, bad }) => (bad ? 'failed' : n * 2)),
        );
      }),
    );
  });

  it('does not take a group apart when the store is away', async () => {
    let calls = 0;
    const results = await takeApart(
      [1, 2, 3, 4],
      async () => {
        calls += 1;
        throw new Away();
      },
      isAway,
    );
    expect(calls).toBe(1);
    expect(results.every((result) => result.status === 'rejected' && isAway(result.reason))).toBe(true);
  });

  it('refuses work that does not answer every item', async () => {
    const results = await takeApart([1], async () => [], isAway);
    expect(results).toMatchObject([{ status: 'rejected', reason: { message: 'expected 1 results, got 0' } }]);
  });
});
