import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../audit/audit.ts';
import { createCoupons } from './coupons/module.ts';
import { createEventStore, type EventStore } from './events/event-store.ts';
import { createEvents } from './events/module.ts';
import { createCodeStore } from './rewards/kinds/code-store.ts';
import { copyRewards } from './rewards/copy-rewards.ts';
import { createRewards } from './rewards/module.ts';
import { removeRewards } from './rewards/remove-rewards.ts';
import { createRewardStore, type RewardStore } from './rewards/reward-store.ts';
import { createStockStore, type StockStore } from './rewards/stock-store.ts';
import { createRules } from './rules/module.ts';
import type { RuleReader } from './rules/rule-reader.ts';

/** What the wings above may use of the catalog. */
export interface Catalog {
  events: EventStore;
  rewards: RewardStore;
  stock: StockStore;
  ruleReader: RuleReader;
  modules: Module[];
}

/** What can be earned: events, their rewards and the rules of both. */
export function createCatalog(platform: Platform, audit: Audit): Catalog {
  const { db, newId } = platform;
  const events = createEventStore(db);
  const rewards = createRewardStore(db);
  const codes = createCodeStore(db);
  const stock = createStockStore(db);

  const rules = createRules(platform, { events, rewards });
  const { ruleReader, refreshRules } = rules;
  return {
    events,
    rewards,
    stock,
    ruleReader,
    modules: [
      rules,
      createEvents(platform, {
        audit,
        events,
        refreshRules,
        copyRewards: copyRewards({ rewards, stock, newId }),
        removeRewards: removeRewards({ rewards, stock }),
      }),
      createRewards(platform, { audit, events, rewards, stock, codes, refreshRules }),
      createCoupons(platform, { audit, rewards, codes }),
    ],
  };
}
