import type { Reward, RewardKind } from '../reward.ts';
import { coupon } from './coupon.ts';
import { currency } from './currency.ts';
import { item } from './item.ts';
import type { RewardKindSpec } from './reward-kind-spec.ts';

/** Every kind of reward. A new kind is a file beside this one, a line here, and its name in `REWARD_KINDS`. */
export const rewardKinds: Record<RewardKind, RewardKindSpec> = { currency, item, coupon } satisfies Record<
  RewardKind,
  RewardKindSpec
>;

/** A reward as its kind and its stock know it. */
export type StockedReward = Pick<Reward, 'id' | 'kind'>;
