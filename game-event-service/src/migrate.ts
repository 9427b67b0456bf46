import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { loadStoreConfig } from './config.ts';
import { createStores, ensureIndexes } from './stores.ts';

// Makes the collections and indexes without starting the service, so that a deployment can do it first.

try {
  const { mongo: address, logLevel } = loadStoreConfig(process.env);
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service migrate', logger });
  await mongo.start();
  await ensureIndexes(createStores(mongo.db));
  await mongo.stop();
  logger.info('Collections and indexes are there', { database: address.database });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EX_CONFIG;
}
