import { defineConsumer, type Module, type Platform } from 'service-kit/service';
import type { ConsumerTuning } from 'service-kit/messaging';
import { createAccountCache } from './account-cache.ts';
import { accountEvents } from './account-events-consumer.ts';
import { accountIndexes, type AccountStore } from './account-store.ts';
import { followAccounts, type FollowAccountsDeps } from './follow-accounts.ts';

export interface AccountsNeeds {
  accounts: AccountStore;
  tuning: ConsumerTuning;
  acceptRegistered: FollowAccountsDeps['acceptRegistered'];
  cancelClaimsOf: FollowAccountsDeps['cancelClaimsOf'];
}

/** What this service knows of accounts, from the messages of auth-service. */
export function createAccounts({ redis, trail }: Platform, needs: AccountsNeeds): Module {
  const { accounts, tuning, acceptRegistered, cancelClaimsOf } = needs;
  const cache = createAccountCache(redis.client);
  const follow = followAccounts({ accounts, cache, cancelClaimsOf, acceptRegistered, trail });
  return {
    consumers: [defineConsumer(accountEvents(follow), { variables: 'ACCOUNT_EVENTS', tuning })],
    indexes: accountIndexes,
  };
}
