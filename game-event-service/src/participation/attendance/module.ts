import type { Module, Platform } from 'service-kit/service';
import type { RuleBook } from '../../catalog/rules/rule-book.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { CountProgress } from '../progress/count-progress.ts';
import type { ProgressStore } from '../progress/progress-store.ts';
import { checkInRoutes } from './check-in-routes.ts';
import { createCheckIns } from './check-in.ts';

export interface AttendanceNeeds {
  ruleBook: RuleBook;
  accounts: AccountStore;
  progress: ProgressStore;
  countProgress: CountProgress;
}

/** Daily check-ins. */
export function createAttendance(platform: Platform, needs: AttendanceNeeds): Module {
  const { transact, clock, metrics } = platform;
  const { ruleBook, accounts, progress, countProgress } = needs;
  const checkIns = createCheckIns({ ruleBook, accounts, progress, countProgress, transact, clock, metrics });
  return { endpoints: checkInRoutes({ checkIns }), components: [checkIns] };
}
