import type { Module, Platform } from 'service-kit/service';
import { followEvents } from '../events/event-feed.ts';
import type { RememberEvent } from '../events/event-changes.ts';
import type { EventStore } from '../events/event-store.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import { rememberEvent } from './remember-event.ts';
import { createRuleBook, type RuleBook } from './rule-book.ts';
import { createRuleFollower } from './rule-follower.ts';
import { createRuleMemory } from './rule-memory.ts';

export interface RulesModule extends Module {
  ruleBook: RuleBook;
  remember: RememberEvent;
}

export interface RulesNeeds {
  events: EventStore;
  rewards: RewardStore;
}

/** The rules of running events, kept in memory by version. */
export function createRules({ db, clock, logger }: Platform, { events, rewards }: RulesNeeds): RulesModule {
  const memory = createRuleMemory({ events, rewards, clock });
  const follower = createRuleFollower({ follow: followEvents(db), memory, logger });
  return {
    ruleBook: createRuleBook({ events, rewards, memory, isFresh: follower.isFresh }),
    remember: rememberEvent({ memory, logger }),
    components: [follower],
  };
}
