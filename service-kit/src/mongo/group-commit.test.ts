import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createGroupCommit } from './group-commit.ts';

const neverAway = (): boolean => false;

/** A group commit whose runs take 20 ms. */
function slowCommit(options: { pauseRatio: number; maxBatch?: number }) {
  const began: number[] = [];
  const commit = createGroupCommit<number, number>({
    name: 'test',
    isUnavailable: neverAway,
    run: async (items) => {
      began.push(performance.now());
      await delay(20);
      return items;
    },
    ...options,
  });
  return { commit, began };
}

describe('createGroupCommit', () => {
  it('shares one run among items that arrive together or during a run', async () => {
    const groups: number[][] = [];
    const commit = createGroupCommit<number, number>({
      name: 'test',
      isUnavailable: neverAway,
      run: async (items) => {
        groups.push([...items]);
        await new Promise(setImmediate);
        return items.map((n) => n + 1);
      },
    });
    const first = [commit.submit(1), commit.submit(2)];
    await expect.poll(() => groups.length).toBe(1);
    const second = [commit.submit(3), commit.submit(4)];

    expect(await Promise.all([...first, ...second])).toEqual([2, 3, 4, 5]);
    expect(groups).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('pauses after a run in proportion to its duration, and runs at once after the pause', async () => {
    const { commit, began } = slowCommit({ pauseRatio: 4 });
    await commit.submit(1);
    const firstEnded = performance.now();
    const second = commit.submit(2);
    await delay(10);
    await Promise.all([second, commit.submit(3)]);
    // The shortest of several, because timers of a busy machine are late.
    const waits: number[] = [];
    for (const item of [4, 5, 6]) {
      await delay(150);
      const later = performance.now();
      await commit.submit(item);
      waits.push((began.at(-1) ?? 0) - later);
    }

    expect(began).toHaveLength(5);
    expect((began[1] ?? 0) - firstEnded).toBeGreaterThanOrEqual(75);
    expect(Math.min(...waits)).toBeLessThan(70);
  });

  it('pauses for 100 ms at most', async () => {
    const { commit, began } = slowCommit({ pauseRatio: 1_000 });
    await commit.submit(1);
    await commit.submit(2);

    const [first = 0, second = 0] = began;
    expect(second - first).toBeGreaterThan(100);
    expect(second - first).toBeLessThan(10_000);
  });

  it('does not pause while a full batch waits', async () => {
    const { commit, began } = slowCommit({ pauseRatio: 1_000, maxBatch: 2 });
    await Promise.all(Array.from({ length: 12 }, (_, item) => commit.submit(item)));

    const gaps = began.slice(1).map((at, index) => at - (began[index] ?? 0));
    expect(gaps).toHaveLength(5);
    // The shortest of several, because timers of a busy machine are late.
    expect(Math.min(...gaps)).toBeLessThan(100);
  });

  it('runs full groups at the same time up to the limit, and a smaller one alone', async () => {
    const groups: number[] = [];
    let running = 0;
    let most = 0;
    let besideSmall = 0;
    const commit = createGroupCommit<number, number>({
      name: 'test',
      maxBatch: 2,
      maxRuns: 3,
      isUnavailable: neverAway,
      run: async (items) => {
        groups.push(items.length);
        running += 1;
        most = Math.max(most, running);
        if (items.length < 2) besideSmall = Math.max(besideSmall, running);
        await delay(5);
        running -= 1;
        return items;
      },
    });
    const numbers = Array.from({ length: 21 }, (_, n) => n);
    expect(await Promise.all(numbers.map((n) => commit.submit(n)))).toEqual(numbers);
    expect(groups).toEqual([...Array(10).fill(2), 1]);
    expect([most, besideSmall]).toEqual([3, 1]);
  });

  it('never runs two groups at once, or a group above the limit', async () => {
    let running = 0;
    let most = 0;
    let largest = 0;
    const commit = createGroupCommit<number, number>({
      name: 'test',
      maxBatch: 3,
      isUnavailable: neverAway,
      run: async (items) => {
        running += 1;
        most = Math.max(most, running);
        largest = Math.max(largest, items.length);
        await new Promise(setImmediate);
        running -= 1;
        return items;
      },
    });
    const items = Array.from({ length: 20 }, (_, index) => index);
    expect(await Promise.all(items.map((item) => commit.submit(item)))).toEqual(items);
    expect({ most, largest }).toEqual({ most: 1, largest: 3 });
  });

  it('fills a group by the sizes of its items, and gives a larger item a run of its own', async () => {
    const groups: number[][] = [];
    const commit = createGroupCommit<number, number>({
      name: 'test',
      maxBatch: 10,
      maxQueued: 40,
      sizeOf: (item) => item,
      isUnavailable: neverAway,
      run: async (items) => {
        groups.push([...items]);
        return items;
      },
    });
    const submitted = [4, 6, 1, 12, 9].map((item) => commit.submit(item));
    await expect(commit.submit(9)).rejects.toMatchObject({ code: 'service_unavailable' });
    expect(await Promise.all(submitted)).toEqual([4, 6, 1, 12, 9]);
    expect(groups).toEqual([[4, 6], [1], [12], [9]]);
    expect(await commit.submit(9)).toBe(9);
  });

  it('drops only the items whose callers no longer wait', async () => {
    const groups: number[][] = [];
    const first = Promise.withResolvers<void>();
    const commit = createGroupCommit<number, number>({
      name: 'test',
      maxBatch: 2,
      isUnavailable: neverAway,
      run: async (items) => {
        groups.push([...items]);
        if (items.includes(1)) await first.promise;
        return items;
      },
    });
    const gone = new AbortController();
    const begun = commit.submit(1, gone.signal);
    await expect.poll(() => groups).toEqual([[1]]);
    const waiting = [2, 3, 4, 5].map((item) =>
      commit.submit(item, item < 4 ? gone.signal : new AbortController().signal),
    );
    gone.abort();
    first.resolve();

    expect(await begun).toBe(1);
    const results = await Promise.allSettled(waiting);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
    expect(groups).toEqual([[1], [4, 5]]);
  });

  it('fails only the item that cannot succeed', async () => {
    const commit = createGroupCommit<number, string>({
      name: 'test',
      isUnavailable: neverAway,
      run: async (items) => {
        if (items.includes(3)) throw new Error('three is bad');
        return items.map(String);
      },
    });
    const results = await Promise.allSettled([1, 2, 3, 4].map((n) => commit.submit(n)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('refuses items beyond the limit, with a Retry-After', async () => {
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const commit = createGroupCommit<number, number>({
      name: 'claims',
      maxQueued: 2,
      isUnavailable: neverAway,
      run: async (items) => {
        await gate;
        return items;
      },
    });
    const waiting = [commit.submit(1), commit.submit(2)];
    await expect(commit.submit(3)).rejects.toMatchObject({ code: 'service_unavailable' });
    open();
    expect(await Promise.all(waiting)).toEqual([1, 2]);
  });

  it('stops a second time only after later items are committed', async () => {
    const { commit } = slowCommit({ pauseRatio: 0 });
    const committed: number[] = [];
    for (const item of [1, 2]) {
      void commit.submit(item).then((result) => committed.push(result));
      await commit.stop();
      expect(committed.at(-1)).toBe(item);
    }
  });

  it('stops only after all items are committed', async () => {
    const done: number[] = [];
    const commit = createGroupCommit<number, undefined>({
      name: 'test',
      maxBatch: 1,
      isUnavailable: neverAway,
      run: async (items) => {
        await new Promise(setImmediate);
        done.push(...items);
        return items.map(() => undefined);
      },
    });
    const submitted = [commit.submit(1), commit.submit(2), commit.submit(3)];
    await commit.stop();
    expect(done).toEqual([1, 2, 3]);
    await Promise.all(submitted);
  });
});
