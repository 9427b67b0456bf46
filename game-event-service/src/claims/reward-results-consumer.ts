import type { BoundConsumer } from 'service-kit/service';
import { REWARDS } from '../messaging/exchanges.ts';
import { RewardResult } from './claim-messages.ts';
import type { SettleClaims } from './settle-claims.ts';

export const rewardResults = (settleClaims: SettleClaims): BoundConsumer<RewardResult> => ({
  queue: 'game-event-service.reward-results',
  bindings: [
    { exchange: REWARDS, routingKey: 'reward.granted' },
    { exchange: REWARDS, routingKey: 'reward.refused' },
    { exchange: REWARDS, routingKey: 'reward.revoked' },
    { exchange: REWARDS, routingKey: 'reward.revoke-refused' },
  ],
  schema: RewardResult,
  handleBatch: settleClaims,
});
