/** The units of one reward: accepting a claim takes one, refusing it gives it back. */
export interface Stock {
  /** Null is unlimited. */
  total: number | null;
  /** Reserved and granted. */
  taken: number;
}

export interface StockFigures {
  stock: number | null;
  available: number | null;
  reserved: number;
  granted: number;
}

export function hasUnit({ total, taken }: Stock): boolean {
  return total === null || taken < total;
}

export function stockFigures({ total, taken }: Stock, granted: number): StockFigures {
  return {
    stock: total,
    available: total === null ? null : total - taken,
    reserved: taken - granted,
    granted,
  };
}
