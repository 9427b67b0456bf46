import { databaseOnly, runCommand } from 'service-kit/service';
import { loadConfig } from '../config.ts';
import { buildService } from '../service.ts';

// Migrates the database without starting the service, so that a deployment can do it first.

runCommand(async () => {
  const config = loadConfig(databaseOnly(process.env));
  const { logger, migrate } = buildService(config);
  await migrate();
  logger.info('The database is up to date', { database: config.mongo.database });
});
