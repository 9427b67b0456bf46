import type { Consumer } from 'service-kit/messaging';
import { REWARD_RESULTS } from '../messaging/topology.ts';
import { RewardResult } from './claim-messages.ts';
import type { SettleClaims } from './settle-claims.ts';

export const rewardResults = (settleClaims: SettleClaims): Consumer<RewardResult> => ({
  queue: REWARD_RESULTS,
  schema: RewardResult,
  handleBatch: settleClaims,
});
