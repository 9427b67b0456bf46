import type { Module, Platform } from 'service-kit/service';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { countProgress, type ClaimPrompts, type CountProgress } from './count-progress.ts';
import { createProgressUpdater, type EventStats, type ProgressUpdater } from './progress-updater.ts';
import { progressRoutes } from './progress-routes.ts';
import { progressIndexes, type ProgressStore } from './progress-store.ts';
import { readProgress } from './read-progress.ts';

export interface ProgressModule extends Module {
  progressUpdater: ProgressUpdater;
  countProgress: CountProgress;
}

export interface ProgressNeeds {
  ruleReader: RuleReader;
  accounts: AccountStore;
  progress: ProgressStore;
  stats: EventStats;
  prompts: ClaimPrompts;
}

/** How far each account has come in each event. */
export function createProgress({ clock }: Platform, needs: ProgressNeeds): ProgressModule {
  const { ruleReader, accounts, progress, stats, prompts } = needs;
  const progressUpdater = createProgressUpdater({ progress, accounts, stats, clock });
  return {
    progressUpdater,
    countProgress: countProgress({ progressUpdater, prompts, clock }),
    endpoints: progressRoutes({
      readProgress: readProgress({ ruleReader, accounts, progress, clock }),
      clock,
    }),
    indexes: progressIndexes,
  };
}
