/**
 * Runs `work` on all items together. When that throws, the items are halved and tried again, so that an item
 * that cannot succeed harms only itself. An error for which `isUnavailable` is true is nobody's fault: it is
 * given to all items at once, because trying smaller groups would only repeat it.
 *
 * @param items handled in the order given; never empty halves
 * @param halves `in turn`, or `at once` where `work` may run beside itself: what is good is then not held up
 * @returns one outcome an item, in the same order
 */
export async function takeApart<Item, Result>(
  items: readonly Item[],
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  isUnavailable: (error: unknown) => boolean,
  halves: 'in turn' | 'at once' = 'in turn',
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
    const middle = items.length >> 1;
    const left = takeApart(items.slice(0, middle), work, isUnavailable, halves);
    if (halves === 'in turn') await left;
    const right = takeApart(items.slice(middle), work, isUnavailable, halves);
    return (await Promise.all([left, right])).flat();
  }
}
