import { runCommand } from 'service-kit/service';
import { loadDatabaseConfig } from '../config.ts';
import { buildService } from '../service.ts';

// Makes the indexes that are missing without starting the service, so that a deployment can do it first.

runCommand(async () => {
  const config = loadDatabaseConfig(process.env);
  const { logger, migrate } = buildService(config);
  await migrate();
  logger.info('The database is up to date', { database: config.mongo.database });
});
