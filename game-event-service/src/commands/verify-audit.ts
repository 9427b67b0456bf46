import { runVerifyAudit } from 'service-kit/audit';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { databaseOnly, runCommand } from 'service-kit/service';
import { loadConfig } from '../config.ts';

// Walks the audit trail; with `--head NUMBER:HASH` of a seal that a log kept it also finds an end cut off.

runCommand(async () => {
  const { mongo: address, logLevel, auditKey: key } = loadConfig(databaseOnly(process.env));
  const logger = createLogger({ service: 'game-event-service', level: logLevel });
  const mongo = connectMongo({ ...address, appName: 'game-event-service verify-audit', logger });
  await mongo.start();
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const code = await runVerifyAudit({ db: mongo.db, key, args: process.argv.slice(2), print });
  await mongo.stop();
  return code;
});
