import type { ConsumerTuning } from 'service-kit/messaging';
import { defineConsumer, type Module, type Platform } from 'service-kit/service';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { CountProgress } from '../progress/count-progress.ts';
import { activityEvents } from './activity-consumer.ts';
import { createActivityIntake } from './activity-intake.ts';
import { createActivityMetrics } from './activity-metrics.ts';
import { activityRoutes } from './activity-routes.ts';
import { activityIndexes, type ActivityStore } from './activity-store.ts';
import { recordActivity, type ActivityLimits } from './record-activity.ts';
import { createRejectedActivityStore, rejectedActivityIndexes } from './rejected-activity-store.ts';

export interface ActivityNeeds {
  ruleReader: RuleReader;
  activity: ActivityStore;
  countProgress: CountProgress;
  limits: ActivityLimits;
  inboxRetentionMs: number;
  tuning: ConsumerTuning;
}

/** What players did, as game servers report it over HTTP and by message. */
export function createActivity(platform: Platform, needs: ActivityNeeds): Module {
  const { db, transact, clock, metrics: registry } = platform;
  const { ruleReader, activity, countProgress, limits, inboxRetentionMs, tuning } = needs;
  const metrics = createActivityMetrics(registry);
  const rejectedActivity = createRejectedActivityStore(db);
  const record = recordActivity({ activity, rejectedActivity, countProgress, ruleReader, clock, limits });
  const activityIntake = createActivityIntake({ recordActivity: record, transact, registry, metrics });
  return {
    endpoints: activityRoutes({ activityIntake, clock }),
    consumers: [
      defineConsumer(activityEvents({ recordActivity: record, clock, inboxRetentionMs, metrics }), {
        variables: 'ACTIVITY',
        tuning,
      }),
    ],
    components: [activityIntake],
    indexes: [...activityIndexes, ...rejectedActivityIndexes],
  };
}
