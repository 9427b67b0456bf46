import { config, status, up } from 'migrate-mongo';
import type { Db, MongoClient } from 'mongodb';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../logging/index.ts';
import { createLease } from '../mongo/index.ts';

export interface MigrateDatabaseOptions {
  client: MongoClient;
  db: Db;
  logger: Logger;
  /** Folder of the migrations: `.ts` files with an `up(db, client)`, applied in the order of their names. */
  directory: URL;
}

const LEASE_MS = 30_000;
const LONGEST_WAIT_MS = 10 * 60_000;

/**
 * Applies the migrations that are missing, one instance at a time.
 *
 * @throws {LeaseTakenError} when another instance has been migrating for ten minutes
 */
export async function migrateDatabase({
  client,
  db,
  logger,
  directory,
}: MigrateDatabaseOptions): Promise<void> {
  // migrate-mongo has one configuration for the process.
  config.set({
    migrationsDir: fileURLToPath(directory),
    migrationFileExtension: '.ts',
    changelogCollectionName: 'migrations',
  });
  if (!(await isPending(db))) return;
  const lock = createLease({
    collection: db.collection('migrationLock'),
    id: 'migrations',
    leaseMs: LEASE_MS,
  });
  await lock.during(async () => {
    for (const migration of await up(db, client)) logger.info('Migrated the database', { migration });
  }, LONGEST_WAIT_MS);
}

async function isPending(db: Db): Promise<boolean> {
  return (await status(db)).some(({ appliedAt }) => appliedAt === 'PENDING');
}
