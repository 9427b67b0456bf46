import type { ConsumerTuning } from 'service-kit/messaging';
import type { Module, Platform } from 'service-kit/service';
import type { Catalog } from '../catalog/module.ts';
import { createAccountStore, type AccountStore } from './accounts/account-store.ts';
import type { ActivityLimits } from './activity/record-activity.ts';
import { createActivityStore, type ActivityStore } from './activity/activity-store.ts';
import { createActivity } from './activity/module.ts';
import { createAttendance } from './attendance/module.ts';
import type { AcceptRegistered } from './invites/accept-registered.ts';
import { createInvites } from './invites/module.ts';
import type { ClaimPrompts } from './progress/count-progress.ts';
import { createProgress } from './progress/module.ts';
import type { EventStats, ProgressUpdater } from './progress/progress-updater.ts';
import { createProgressStore, type ProgressStore } from './progress/progress-store.ts';

/** What the wings above may use of the participation. */
export interface Participation {
  accounts: AccountStore;
  activity: ActivityStore;
  progress: ProgressStore;
  progressUpdater: ProgressUpdater;
  acceptRegistered: AcceptRegistered;
  modules: Module[];
}

export interface ParticipationNeeds {
  catalog: Catalog;
  stats: EventStats;
  prompts: ClaimPrompts;
  settings: {
    invites: { maxPerDay: number; maxAgeMs: number };
    activity: ActivityLimits;
    inboxRetentionMs: number;
    activityTuning: ConsumerTuning;
  };
}

/** The actions of accounts in events, and their progress. */
export function createParticipation(platform: Platform, needs: ParticipationNeeds): Participation {
  const { catalog, stats, prompts, settings } = needs;
  const { events, ruleReader } = catalog;
  const accounts = createAccountStore(platform.db);
  const progress = createProgressStore(platform.db);
  const activity = createActivityStore(platform.db);

  const progressModule = createProgress(platform, { ruleReader, accounts, progress, stats, prompts });
  const { progressUpdater, countProgress } = progressModule;
  const invites = createInvites(platform, {
    events,
    ruleReader,
    accounts,
    countProgress,
    settings: settings.invites,
  });
  return {
    accounts,
    activity,
    progress,
    progressUpdater,
    acceptRegistered: invites.acceptRegistered,
    modules: [
      createAttendance(platform, { ruleReader, accounts, progress, countProgress }),
      invites,
      createActivity(platform, {
        ruleReader,
        activity,
        countProgress,
        limits: settings.activity,
        inboxRetentionMs: settings.inboxRetentionMs,
        tuning: settings.activityTuning,
      }),
      progressModule,
    ],
  };
}
