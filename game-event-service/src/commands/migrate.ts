import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { loadStoreConfig } from '../config.ts';
import { migrateDatabase } from '../database/migrate-database.ts';

// Migrates the database without starting the service, so that a deployment can do it first.

try {
  const { mongo: address, logLevel } = loadStoreConfig(process.env);
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service migrate', logger });
  await mongo.start();
  await migrateDatabase({ client: mongo.client, db: mongo.db, logger });
  await mongo.stop();
  logger.info('The database is up to date', { database: address.database });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = EX_CONFIG;
}
