import type { ConsumerTuning, QueueTopology, Topology } from 'service-kit/messaging';

export const REWARDS = 'laurel.rewards';
export const ACCOUNTS = 'laurel.accounts';
export const ACTIVITY_EXCHANGE = 'laurel.activity';
export const REWARD_RESULTS = 'game-event-service.reward-results';
export const ACCOUNT_EVENTS = 'game-event-service.account-events';
export const ACTIVITY = 'game-event-service.activity';

/**
 * Bound to what this version understands and to nothing else: a type that is sent before we know it stays with
 * its sender, as nobody takes it, instead of ending among the dead here.
 */
const BINDINGS: Readonly<Record<string, QueueTopology['bindings']>> = {
  [REWARD_RESULTS]: [
    { exchange: REWARDS, routingKey: 'reward.granted' },
    { exchange: REWARDS, routingKey: 'reward.refused' },
    { exchange: REWARDS, routingKey: 'reward.revoked' },
    { exchange: REWARDS, routingKey: 'reward.revoke-refused' },
  ],
  [ACCOUNT_EVENTS]: [
    { exchange: ACCOUNTS, routingKey: 'account.registered' },
    { exchange: ACCOUNTS, routingKey: 'account.upgraded' },
    { exchange: ACCOUNTS, routingKey: 'account.status-changed' },
    { exchange: ACCOUNTS, routingKey: 'account.roles-changed' },
  ],
  [ACTIVITY]: [{ exchange: ACTIVITY_EXCHANGE, routingKey: 'activity.recorded' }],
};

export function topologyOf(tunings: {
  rewardResults: ConsumerTuning;
  accountEvents: ConsumerTuning;
  activity: ConsumerTuning;
}): Topology {
  return {
    exchanges: {
      [REWARDS]: { type: 'topic' },
      [ACCOUNTS]: { type: 'topic' },
      [ACTIVITY_EXCHANGE]: { type: 'topic' },
    },
    queues: {
      [REWARD_RESULTS]: queueOf(REWARD_RESULTS, tunings.rewardResults),
      [ACCOUNT_EVENTS]: queueOf(ACCOUNT_EVENTS, tunings.accountEvents),
      [ACTIVITY]: queueOf(ACTIVITY, tunings.activity),
    },
  };
}

function queueOf(queue: string, tuning: ConsumerTuning): QueueTopology {
  return {
    bindings: BINDINGS[queue] ?? [],
    type: tuning.queueType,
    deliveryLimit: tuning.deliveryLimit,
    retryDelays: tuning.retryDelays,
  };
}
