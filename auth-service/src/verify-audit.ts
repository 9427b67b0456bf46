import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { loadConfig } from './config.ts';
import { buildService } from './service.ts';

// Walks the audit trail; with `--head NUMBER:HASH` of a seal that a log kept it also finds an end cut off.
try {
  const service = buildService(loadConfig(process.env));
  process.exitCode = await service.verifyAudit(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
}
