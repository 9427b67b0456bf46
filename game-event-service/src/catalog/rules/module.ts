import type { Module, Platform } from 'service-kit/service';
import { followEvents } from '../events/event-feed.ts';
import type { RefreshRules } from '../events/event-changes.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import { refreshRules } from './refresh-rules.ts';
import { createRuleReader, type RuleReader } from './rule-reader.ts';
import { createRuleCacheUpdater } from './rule-cache-updater.ts';
import { createRuleCache } from './rule-cache.ts';

export interface RulesModule extends Module {
  ruleReader: RuleReader;
  refreshRules: RefreshRules;
}

export interface RulesNeeds {
  events: EventStore;
  rewards: RewardStore;
}

/** The rules of running events, kept in cache by version. */
export function createRules({ db, clock, logger }: Platform, { events, rewards }: RulesNeeds): RulesModule {
  const cache = createRuleCache({ events, rewards, clock });
  const updater = createRuleCacheUpdater({ follow: followEvents(db), cache, logger });
  return {
    ruleReader: createRuleReader({ events, rewards, cache, isFresh: updater.isFresh }),
    refreshRules: refreshRules({ cache, logger }),
    components: [updater],
  };
}
