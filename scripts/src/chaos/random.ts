/** A stream of random numbers that a seed determines. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** By weight. */
  pickWeighted<Item>(items: readonly { weight: number; item: Item }[]): Item;
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** @param purpose gives each use of one seed a stream of its own, so that one does not shift the other */
export function seededRandom(seed: number, purpose: string): Random {
  let state = hash(`${seed}/${purpose}`);

  // Mulberry32 by Tommy Ettinger: 32 bits of state, which is plenty for a schedule.
  function next(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));

  function pick<Item>(items: readonly Item[]): Item {
    const item = items[between(0, items.length - 1)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  return {
    next,
    between,
    pick,
    pickWeighted: (items) => {
      let left = next() * items.reduce((sum, { weight }) => sum + weight, 0);
      for (const { weight, item } of items) {
        left -= weight;
        if (left < 0) return item;
      }
      return pick(items).item;
    },
    shuffle: (items) => {
      const keyed = items.map((item) => ({ key: next(), item }));
      return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
    },
  };
}

/** FNV-1a. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value | 0;
}
