import type { Consumer } from 'service-kit/messaging';
import { REWARD_REQUESTS } from '../topology.ts';
import type { AnswerGrants } from './answer-grants.ts';
import { questionIn, RewardMessage } from './grant-messages.ts';

export const rewardRequests = (answerGrants: AnswerGrants): Consumer<RewardMessage> => ({
  queue: REWARD_REQUESTS,
  schema: RewardMessage,
  handleBatch: (messages, tx) => answerGrants(messages.map(questionIn), tx),
});
