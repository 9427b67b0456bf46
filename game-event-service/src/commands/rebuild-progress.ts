import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { databaseOnly, runCommand, systemClock as clock } from 'service-kit/service';
import { createEventStore } from '../catalog/events/event-store.ts';
import { createRewardStore } from '../catalog/rewards/reward-store.ts';
import { createRuleReader } from '../catalog/rules/rule-reader.ts';
import { createRuleCache } from '../catalog/rules/rule-cache.ts';
import { createStatsStore } from '../claims/stats-store.ts';
import { loadConfig } from '../config.ts';
import { createAccountStore } from '../participation/accounts/account-store.ts';
import { createActivityStore } from '../participation/activity/activity-store.ts';
import { rebuildProgress } from '../participation/activity/rebuild-progress.ts';
import { createProgressUpdater } from '../participation/progress/progress-updater.ts';
import { createProgressStore } from '../participation/progress/progress-store.ts';

// Safe while the service runs, and to be repeated: counters that are right stay as they are.

runCommand(async () => {
  const { mongo: address, logLevel, activity: limits } = loadConfig(databaseOnly(process.env));
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service rebuild-progress', logger });
  await mongo.start();
  const { client, db } = mongo;
  const events = createEventStore(db);
  const rewards = createRewardStore(db);
  const accounts = createAccountStore(db);
  const progress = createProgressStore(db);
  const cache = createRuleCache({ events, rewards, clock });
  await cache.load();
  const rebuilt = await rebuildProgress({
    activity: createActivityStore(db),
    progress,
    progressUpdater: createProgressUpdater({ progress, accounts, stats: createStatsStore(db), clock }),
    ruleReader: createRuleReader({ events, rewards, cache, isFresh: () => false }),
    clock,
    retentionMs: limits.retentionMs,
    transact: (work) =>
      client.withSession((session) =>
        session.withTransaction(() => work(session), {
          readConcern: { level: 'snapshot' },
          writeConcern: { w: 'majority' },
        }),
      ),
  });
  await mongo.stop();
  process.stdout.write(`${rebuilt.accounts} accounts, ${rebuilt.changed} counters corrected\n`);
  for (const id of rebuilt.skipped)
    process.stdout.write(`${id} began before the activity that is kept: left as it is\n`);
});
