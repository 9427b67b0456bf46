import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { rebuildProgress } from '../participation/activity/rebuild-progress.ts';
import { loadRebuildConfig } from '../config.ts';
import { createProgressKeeper } from '../participation/progress/progress-keeper.ts';
import { createRuleBook } from '../catalog/rules/rule-book.ts';
import { createRuleMemory } from '../catalog/rules/rule-memory.ts';
import { createStores } from '../stores.ts';

// Safe while the service runs, and to be repeated: what was corrected already stays as it is.

try {
  const { mongo: address, logLevel, retentionMs } = loadRebuildConfig(process.env);
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service rebuild-progress', logger });
  await mongo.start();
  const stores = createStores(mongo.db);
  const clock = (): Date => new Date();
  const memory = createRuleMemory({ ...stores, clock });
  await memory.load();
  const rebuilt = await rebuildProgress({
    ...stores,
    progressKeeper: createProgressKeeper({ ...stores, clock }),
    ruleBook: createRuleBook({ ...stores, memory, isFresh: () => false }),
    clock,
    retentionMs,
    transact: (work) =>
      mongo.client.withSession((session) =>
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
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EX_CONFIG;
}
