import type { Messaging } from 'service-kit/messaging';
import { accountEvents } from './participation/accounts/account-events-consumer.ts';
import { followAccounts } from './participation/accounts/follow-accounts.ts';
import { activity } from './participation/activity/activity-consumer.ts';
import { acceptRegistered } from './participation/invites/accept-registered.ts';
import { cancelClaimsOf } from './claims/cancel-claims.ts';
import { rewardResults } from './claims/reward-results-consumer.ts';
import { countRevokes } from './claims/revokes/count-revokes.ts';
import { settleClaims } from './claims/settle-claims.ts';
import type { Config } from './config.ts';
import type { Domain } from './domain.ts';

/** What comes by message, by the beginning of the variables that tune it. */
export function createConsumers(domain: Domain, messaging: Messaging, config: Config['messaging']) {
  const { inboxRetentionMs } = config;
  return {
    REWARD_RESULTS: messaging.consume(
      rewardResults(settleClaims({ ...domain, countRevokes: countRevokes(domain) })),
      config.rewardResults,
    ),
    ACCOUNT_EVENTS: messaging.consume(
      accountEvents(
        followAccounts({
          ...domain,
          cancelClaimsOf: cancelClaimsOf(domain),
          acceptRegistered: acceptRegistered(domain),
        }),
      ),
      config.accountEvents,
    ),
    ACTIVITY: messaging.consume(activity({ ...domain, inboxRetentionMs }), config.activity),
  };
}
