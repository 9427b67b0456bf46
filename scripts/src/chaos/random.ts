import { createHash } from 'node:crypto';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

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
  const generator = xoroshiro128plus(
    createHash('sha256').update(`${seed}/${purpose}`).digest().readInt32LE(),
  );
  const next = (): number => uniformFloat64(generator);
  const between = (least: number, most: number): number =>
    uniformInt(generator, Math.ceil(least), Math.floor(most));

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
