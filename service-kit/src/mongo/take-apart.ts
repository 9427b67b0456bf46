/** A group of so many at most is taken apart into its items, where they may be tried at once. */
const SMALL = 16;

/**
 * Runs `work` on all items together. When that throws, the items are tried again in smaller groups, so that an item
 * that cannot succeed harms only itself. An error for which `isUnavailable` is true is nobody's fault: it is
 * given to all items at once, because trying smaller groups would only repeat it.
 *
 * In turn, groups are halved: that takes the fewest calls. Where `work` may run beside itself, what counts is how many
 * calls follow one another, so a group of n is taken apart into about √n of as many: 200 items with a bad one are done
 * after three.
 *
 * @param items handled in the order given; never empty groups
 * @param groups `in turn`, or `at once` where `work` may run beside itself: what is good is then not held up
 * @returns one outcome an item, in the same order
 */
export async function takeApart<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  isUnavailable: (error: unknown) => boolean,
  groups: 'in turn' | 'at once' = 'in turn',
): Promise<PromiseSettledResult<Result>[]> {
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
    const size = groups === 'in turn' ? Math.ceil(items.length / 2) : sizeAtOnce(items.length);
    const outcomes: Promise<PromiseSettledResult<Result>[]>[] = [];
    for (let start = 0; start < items.length; start += size) {
      const outcome = takeApart(items.slice(start, start + size), work, isUnavailable, groups);
      if (groups === 'in turn') await outcome;
      outcomes.push(outcome);
    }
    return (await Promise.all(outcomes)).flat();
  }
}

const sizeAtOnce = (count: number): number => (count <= SMALL ? 1 : Math.ceil(Math.sqrt(count)));
