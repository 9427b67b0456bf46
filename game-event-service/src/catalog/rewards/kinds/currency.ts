import type { RewardKindSpec } from './reward-kind-spec.ts';

/** An amount of a currency. The ledger adds it to the balance of the account. */
export const currency: RewardKindSpec = { validate: () => [], toResponse: () => ({}) };
