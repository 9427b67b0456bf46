import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../../audit/audit.ts';
import type { RefreshRules } from '../events/event-changes.ts';
import type { EventStore } from '../events/event-store.ts';
import { createRewardChanges } from './change-rewards.ts';
import { codeIndexes, type CodeStore } from './kinds/code-store.ts';
import { createReward } from './create-reward.ts';
import { rewardRoutes } from './reward-routes.ts';
import { rewardIndexes, type RewardStore } from './reward-store.ts';
import { stockIndexes, type StockStore } from './stock-store.ts';

export interface RewardsNeeds {
  audit: Audit;
  events: EventStore;
  rewards: RewardStore;
  stock: StockStore;
  codes: CodeStore;
  refreshRules: RefreshRules;
}

/** The rewards of events, and their stock. */
export function createRewards(platform: Platform, needs: RewardsNeeds): Module {
  const { transact, clock, newId } = platform;
  const { audit, events, rewards, stock, codes, refreshRules } = needs;
  const { audited } = audit;
  return {
    endpoints: rewardRoutes({
      createReward: createReward({
        events,
        rewards,
        stock,
        transact,
        audited,
        refreshRules,
        clock,
        newId,
      }),
      rewardChanges: createRewardChanges({ events, rewards, stock, transact, audited, refreshRules, clock }),
      events,
      rewards,
      stock,
      clock,
    }),
    jobs: [{ name: 'code sweeper', everyMs: 60_000, run: () => codes.sweep() }],
    indexes: [...rewardIndexes, ...stockIndexes, ...codeIndexes],
  };
}
