import type { RewardKindSpec } from './reward-kind-spec.ts';

/** A number of an item. The ledger adds it to the balance of the account. */
export const item: RewardKindSpec = { validate: () => [], toResponse: () => ({}) };
