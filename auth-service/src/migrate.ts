import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { loadConfig } from './config.ts';
import { buildService } from './service.ts';

// Run before a deployment: makes what indexes are missing, and ends.
try {
  const service = buildService(loadConfig(process.env));
  await service.migrate();
  service.logger.info('Indexes are in place');
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
}
