import { runVerifyAudit } from 'service-kit/audit';
import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { loadAuditConfig } from '../config.ts';

// Walks the audit trail; with `--head NUMBER:HASH` of a seal that a log kept it also finds an end cut off.

try {
  const { mongo: address, logLevel, auditKey: key } = loadAuditConfig(process.env);
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service verify-audit', logger });
  await mongo.start();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  process.exitCode = await runVerifyAudit({ db: mongo.db, key, args: process.argv.slice(2), print });
  await mongo.stop();
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : 1);
}
