import { ConfigError } from 'service-kit/config';
import { EX_CONFIG } from 'service-kit/lifecycle';
import { createLogger } from 'service-kit/logging';
import { connectMongo } from 'service-kit/mongo';
import { loadStoreConfig } from '../config.ts';
import { createLedgerReader } from '../ledger/ledger-reader.ts';
import { verifyLedger } from '../ledger/verify-ledger.ts';

const COULD_NOT_CHECK = 2;

// Safe while the service runs. Ends with 0 when everything agrees, 1 when something does not, 2 when it could not tell.
try {
  const logger = createLogger({ service: 'auth-service', level: 'error' });
  const mongo = connectMongo({ ...loadStoreConfig(process.env).mongo, appName: 'verify-ledger', logger });
  await mongo.start();
  const reader = createLedgerReader(mongo.client, mongo.db);
  const { differences, ...checked } = await verifyLedger(reader, say);
  await mongo.stop();
  say(
    `${checked.balances} balances, ${checked.entries} entries, ${checked.decisions} decisions: ${differences} differences`,
  );
  process.exitCode = differences === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof ConfigError ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? EX_CONFIG : COULD_NOT_CHECK);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
