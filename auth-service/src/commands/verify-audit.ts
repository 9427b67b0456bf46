import { runVerifyAudit } from 'service-kit/audit';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { runCommand } from 'service-kit/service';
import { loadAuditConfig } from '../config.ts';
import { deriveKeys } from '../tokens/derive-keys.ts';

// Walks the audit trail; with `--head NUMBER:HASH` of a seal that a log kept it also finds an end cut off.

runCommand(async () => {
  const { mongo: address, logLevel, secret } = loadAuditConfig(process.env);
  const logger = createLogger({ service: 'auth-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'auth-service verify-audit', logger });
  await mongo.start();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const { audit: key } = deriveKeys(secret);
  const code = await runVerifyAudit({ db: mongo.db, key, args: process.argv.slice(2), print });
  await mongo.stop();
  return code;
});
