import type { CodePool } from './code-store.ts';

/** The units of one reward: accepting a claim takes one, refusing it gives it back. */
export interface Stock {
  /** Null is unlimited; of a coupon, as many as its pool holds. */
  total: number | null;
  /** Reserved and granted. */
  taken: number;
  /** Of a coupon alone. */
  pool?: CodePool;
}

/**
 * A share of a reward's units, which may be taken whatever becomes of the other shares, so that instances that accept
 * claims of one reward at the same time need not meet (O'Neil, "The Escrow Transactional Method", 1986).
 */
export interface StockShare {
  id: string;
  total: number | null;
  /** Of all shares together as many as are taken; one that units are given back to may have fewer than none. */
  taken: number;
}

/** As it is stored: the sum of its shares. */
export interface SharedStock extends Stock {
  shares: readonly StockShare[];
}

export interface StockFigures {
  stock: number | null;
  available: number | null;
  reserved: number;
  granted: number;
}

/** @returns the units that may still be taken; null is no limit */
export function unitsLeft({ total, taken, pool }: Stock): number | null {
  const units = pool?.total ?? total;
  return units === null ? null : units - taken;
}

/** Shares of fewer units would have most groups of claims take from several. */
const UNITS_PER_SHARE = 20;

/**
 * Divides a reward's units anew. What is taken of a share stays with it; what is left is divided evenly.
 *
 * @param ids of as many shares as there may be
 * @param shares those there are, of the first ids; none of a new reward
 * @param total no fewer than are taken; null is no limit
 */
export function divideStock(
  ids: readonly string[],
  shares: readonly StockShare[],
  total: number | null,
): StockShare[] {
  const units = total ?? Infinity;
  const count = Math.min(ids.length, Math.max(1, Math.floor(units / UNITS_PER_SHARE)));
  const left = units - shares.reduce((sum, { taken }) => sum + taken, 0);
  return ids.slice(0, Math.max(count, shares.length)).map((id, index) => {
    const taken = shares[index]?.taken ?? 0;
    const more = index < count ? Math.floor(left / count) + (index < left % count ? 1 : 0) : 0;
    return { id, total: total === null ? null : taken + more, taken };
  });
}

/**
 * @param start index of the share that is asked first; who asks another first takes from another
 * @returns how many units to take from each share, from as few as it takes
 * @throws when there are not as many
 */
export function takeFromShares(
  shares: readonly StockShare[],
  count: number,
  start: number,
): [shareId: string, units: number][] {
  const units: [string, number][] = [];
  let missing = count;
  for (const { id, total, taken } of [...shares.slice(start), ...shares.slice(0, start)]) {
    const here = Math.min(missing, (total ?? Infinity) - taken);
    if (here > 0) units.push([id, here]);
    missing -= Math.max(0, here);
  }
  if (missing > 0) throw new Error('more units were to be taken than there are');
  return units;
}

export function hasUnit(stock: Stock): boolean {
  return (unitsLeft(stock) ?? 1) > 0;
}

/** @returns the position of the code that is next, in the queue of a coupon's pool */
export function nextPosition({ taken }: Stock, { total, end }: CodePool): number {
  const givenBack = end - total;
  return taken + givenBack;
}

export function stockFigures(stock: Stock, granted: number): StockFigures {
  const { total, taken } = stock;
  return {
    stock: total,
    available: unitsLeft(stock),
    reserved: taken - granted,
    granted,
  };
}
