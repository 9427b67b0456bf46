import type { Supply } from './kinds/reward-kind-spec.ts';

/** The units of one reward: accepting a claim takes one, refusing it gives it back. */
export interface Stock {
  /** Null is unlimited, or as many as the supply holds. */
  total: number | null;
  /** Reserved and granted. */
  taken: number;
  /** Only of a kind that keeps its units one by one. */
  supply?: Supply;
}

export interface StockFigures {
  stock: number | null;
  available: number | null;
  reserved: number;
  granted: number;
}

/** @returns the units that may still be taken; null is no limit */
export function unitsLeft({ total, taken, supply }: Stock): number | null {
  const units = supply?.total ?? total;
  return units === null ? null : units - taken;
}

export function hasUnit(stock: Stock): boolean {
  return (unitsLeft(stock) ?? 1) > 0;
}

export function stockFigures(stock: Stock, granted: number): StockFigures {
  const { total, taken } = stock;
  return { stock: total, available: unitsLeft(stock), reserved: taken - granted, granted };
}
