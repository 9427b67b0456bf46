import type { Module, Platform } from 'service-kit/service';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { CountProgress } from '../progress/count-progress.ts';
import type { ProgressStore } from '../progress/progress-store.ts';
import { checkInRoutes } from './check-in-routes.ts';
import { createCheckIns } from './check-in.ts';

export interface AttendanceNeeds {
  ruleReader: RuleReader;
  accounts: AccountStore;
  progress: ProgressStore;
  countProgress: CountProgress;
}

/** Daily check-ins. */
export function createAttendance(platform: Platform, needs: AttendanceNeeds): Module {
  const { transact, clock, metrics } = platform;
  const { ruleReader, accounts, progress, countProgress } = needs;
  const checkIns = createCheckIns({
    ruleReader,
    accounts,
    progress,
    countProgress,
    transact,
    clock,
    metrics,
  });
  return { endpoints: checkInRoutes({ checkIns }), components: [checkIns] };
}
