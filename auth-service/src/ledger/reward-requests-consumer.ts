import type { BoundConsumer } from 'service-kit/service';
import { REWARDS } from '../messaging/exchanges.ts';
import type { AnswerGrants } from './answer-grants.ts';
import { questionIn, RewardMessage } from './grant-messages.ts';

export const REWARD_REQUESTS = 'auth-service.reward-requests';

export const rewardRequests = (answerGrants: AnswerGrants): BoundConsumer<RewardMessage> => ({
  queue: REWARD_REQUESTS,
  bindings: [
    { exchange: REWARDS, routingKey: 'reward.requested' },
    { exchange: REWARDS, routingKey: 'reward.cancelled' },
    { exchange: REWARDS, routingKey: 'reward.revoke-requested' },
  ],
  schema: RewardMessage,
  handleBatch: (messages, tx) => answerGrants(messages.map(questionIn), tx),
});
