import type { ClaimRow, SystemState } from './system-state.ts';

/** Of one coupon: its pool, its codes, how many were taken, and its claims that have one. */
export interface CouponBooks {
  given: number;
  pool: SystemState['pools'][number] | undefined;
  codes: readonly SystemState['codes'][number][];
  taken: number;
  granted: readonly ClaimRow[];
}

/** I3 for coupons, when quiet: each code is held by one claim or waits in its pool, and none was lost or came from nowhere. */
export function wrongWithCodes({ given, pool, codes, taken, granted }: CouponBooks): string[] {
  const wrong: string[] = [];
  if (pool?.total !== given || codes.length !== given) wrong.push('the pool does not hold what it was given');
  const next = taken + (pool?.end ?? 0) - (pool?.total ?? 0);
  const waiting = new Set(codes.filter(({ position }) => position >= next).map(({ code }) => code));
  const held = granted.map(({ code }) => code ?? '');
  const holders = new Set(held);
  if (holders.has('')) wrong.push('a claim was granted without a code');
  if (holders.size < held.length) wrong.push('a code was given twice');
  if (held.some((code) => waiting.has(code))) wrong.push('a code that was given waits to be given again');
  if (!codes.every(({ code }) => waiting.has(code) || holders.has(code))) wrong.push('a code was lost');
  return wrong;
}
