/** In parallel, a group up to this size is split into its items. */
const SMALL = 16;

export interface BisectOptions<Item> {
  /** True for errors that no item caused. */
  isUnavailable: (error: unknown) => boolean;
  /** True when an error names this item as its cause. Default: never. */
  isCause?: (item: Item, error: unknown) => boolean;
  /** Whether several groups may run at the same time. Good items then wait less for bad ones. Default false. */
  parallel?: boolean;
}

/**
 * Runs `work` on all items together. When it throws, `work` runs again without the item that the error names, or else on
 * smaller groups, so that a bad item fails alone. An error for which `isUnavailable` is true fails all items at once,
 * because smaller groups would only repeat it.
 *
 * Groups are halved, which takes the fewest calls. In parallel the number of successive calls counts, so a group of n is
 * split into about √n groups of √n: 200 items with a bad one are done after three.
 *
 * @param items handled in the order given; no group is empty
 * @returns one outcome for each item, in the same order
 */
export async function bisect<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  options: BisectOptions<Item>,
): Promise<PromiseSettledResult<Result>[]> {
  const { isUnavailable, isCause = () => false, parallel = false } = options;
  if (items.length === 0) return [];
  try {
    const results = await work(items);
    if (results.length !== items.length) {
      throw new TypeError(`expected ${items.length} results, got ${results.length}`);
    }
    return results.map((value) => ({ status: 'fulfilled', value }));
  } catch (reason) {
    if (items.length === 1 || isUnavailable(reason)) {
      return items.map(() => ({ status: 'rejected', reason }));
    }
    const cause = items.findIndex((item) => isCause(item, reason));
    if (cause >= 0) {
      const others = await bisect(items.toSpliced(cause, 1), work, options);
      return others.toSpliced(cause, 0, { status: 'rejected', reason });
    }
    const size = parallel ? parallelSize(items.length) : Math.ceil(items.length / 2);
    const outcomes: Promise<PromiseSettledResult<Result>[]>[] = [];
    for (let start = 0; start < items.length; start += size) {
      const outcome = bisect(items.slice(start, start + size), work, options);
      if (!parallel) await outcome;
      outcomes.push(outcome);
    }
    return (await Promise.all(outcomes)).flat();
  }
}

const parallelSize = (count: number): number => (count <= SMALL ? 1 : Math.ceil(Math.sqrt(count)));
