/** A group of so many at most is taken apart into its items, where they may be tried at once. */
const SMALL = 16;

export interface BisectOptions<Item> {
  /** Whether an error is nobody's fault. */
  isUnavailable: (error: unknown) => boolean;
  /** Whether an error says that it is this item's alone. Default: none says so. */
  isCulprit?: (item: Item, error: unknown) => boolean;
  /** Whether `work` may run beside itself: what is good is then not held up. Default false. */
  parallel?: boolean;
}

/**
 * Runs `work` on all items together. When that throws, it is tried again so that an item that cannot succeed harms
 * only itself: without the item that the error names, otherwise in smaller groups. An error for which `isUnavailable`
 * is true is given to all items at once, because trying smaller groups would only repeat it.
 *
 * In turn, groups are halved: that takes the fewest calls. At once, what counts is how many calls follow one another,
 * so a group of n is taken apart into about √n of as many: 200 items with a bad one are done after three.
 *
 * @param items handled in the order given; never empty groups
 * @returns one outcome an item, in the same order
 */
export async function bisect<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  options: BisectOptions<Item>,
): Promise<PromiseSettledResult<Result>[]> {
  const { isUnavailable, isCulprit = () => false, parallel = false } = options;
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
    const culprit = items.findIndex((item) => isCulprit(item, reason));
    if (culprit >= 0) {
      const others = await bisect(items.toSpliced(culprit, 1), work, options);
      return others.toSpliced(culprit, 0, { status: 'rejected', reason });
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
