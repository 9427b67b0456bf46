import type { CodePool } from '../coupons/code-store.ts';

/** The units of one reward: accepting a claim takes one, refusing it gives it back. */
export interface Stock {
  /** Null is unlimited; of a coupon, as many as its pool holds. */
  total: number | null;
  /** Reserved and granted. */
  taken: number;
  /** Of a coupon alone. */
  pool?: CodePool;
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
