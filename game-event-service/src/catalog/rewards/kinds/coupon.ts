import { createCodeStore } from './code-store.ts';
import type { RewardKindSpec } from './reward-kind-spec.ts';

/** Codes that an operator uploads. Each unit is one code, which only its owner sees. */
export const coupon: RewardKindSpec = {
  defaultStock: null,
  validate: (stock) =>
    stock === null ? [] : [{ path: 'stock', message: 'must be null: the stock of a coupon is its codes' }],
  openSupply: createCodeStore,
  // Instances of an earlier version know a coupon by it.
  stockMark: { isCoupon: true },
  toResponse: (payload) => ({ ...(payload && { code: payload.code }) }),
};
