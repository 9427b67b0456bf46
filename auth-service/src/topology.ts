import type { ConsumerTuning, Topology } from 'service-kit/messaging';

/** Exchanges, all topic. */
export const ACCOUNTS = 'laurel.accounts';
export const REWARDS = 'laurel.rewards';

export const REWARD_REQUESTS = 'auth-service.reward-requests';

/** What this service needs on the broker. */
export function topology(rewardRequests: ConsumerTuning): Topology {
  const { queueType, deliveryLimit, retryDelays } = rewardRequests;
  return {
    exchanges: { [ACCOUNTS]: { type: 'topic' }, [REWARDS]: { type: 'topic' } },
    queues: {
      [REWARD_REQUESTS]: {
        bindings: [
          { exchange: REWARDS, routingKey: 'reward.requested' },
          { exchange: REWARDS, routingKey: 'reward.cancelled' },
          { exchange: REWARDS, routingKey: 'reward.revoke-requested' },
        ],
        type: queueType,
        deliveryLimit,
        retryDelays,
      },
    },
  };
}
