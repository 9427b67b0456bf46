import type { Module, Platform } from 'service-kit/service';
import type { RuleBook } from '../../catalog/rules/rule-book.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { countProgress, type ClaimPrompts, type CountProgress } from './count-progress.ts';
import { createProgressKeeper, type EventStats, type ProgressKeeper } from './progress-keeper.ts';
import { progressRoutes } from './progress-routes.ts';
import { progressIndexes, type ProgressStore } from './progress-store.ts';
import { readProgress } from './read-progress.ts';

export interface ProgressModule extends Module {
  progressKeeper: ProgressKeeper;
  countProgress: CountProgress;
}

export interface ProgressNeeds {
  ruleBook: RuleBook;
  accounts: AccountStore;
  progress: ProgressStore;
  stats: EventStats;
  prompts: ClaimPrompts;
}

/** How far each account has come in each event. */
export function createProgress({ clock }: Platform, needs: ProgressNeeds): ProgressModule {
  const { ruleBook, accounts, progress, stats, prompts } = needs;
  const progressKeeper = createProgressKeeper({ progress, accounts, stats, clock });
  return {
    progressKeeper,
    countProgress: countProgress({ progressKeeper, prompts, clock }),
    endpoints: progressRoutes({
      readProgress: readProgress({ ruleBook, accounts, progress, clock }),
      clock,
    }),
    indexes: progressIndexes,
  };
}
