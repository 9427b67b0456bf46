import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { loadStoreConfig } from './config.ts';
import { ensureIndexes } from './ensure-indexes.ts';

// Run before a deployment: makes what indexes are missing, and ends.
try {
  const { mongo: address, logLevel } = loadStoreConfig(process.env);
  const logger = createLogger({ service: 'auth-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'auth-service migrate', logger });
  await mongo.start();
  await ensureIndexes({ client: mongo.client, db: mongo.db, logger });
  await mongo.stop();
  logger.info('Indexes are in place');
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
}
