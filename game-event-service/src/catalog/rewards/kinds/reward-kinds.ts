import { coupon } from './coupon.ts';
import { currency } from './currency.ts';
import { item } from './item.ts';
import type { RewardKindSpec } from './reward-kind-spec.ts';

/** Every kind of reward. A new kind is a file beside this one, its name here, and a line in the table. */
export const REWARD_KINDS = ['currency', 'item', 'coupon'] as const;
export type RewardKind = (typeof REWARD_KINDS)[number];

export const rewardKinds = { currency, item, coupon } as const satisfies Record<RewardKind, RewardKindSpec>;

/** @returns what the service knows of a kind */
export const specOf = (kind: RewardKind): RewardKindSpec => rewardKinds[kind];

/** What its kind and its stock know of a reward. */
export interface StockedReward {
  id: string;
  kind: RewardKind;
}
