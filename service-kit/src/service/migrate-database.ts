import { config, status, up } from 'migrate-mongo';
import type { Db, MongoClient } from 'mongodb';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../logging/index.ts';
import { withMigrationLock } from './migration-lock.ts';

export interface MigrateDatabaseOptions {
  client: MongoClient;
  db: Db;
  logger: Logger;
  /** Folder of the migrations: `.ts` files with an `up(db, client)`, applied in the order of their names. */
  directory: URL;
}

/** Applies the migrations that are missing, one instance at a time. */
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
  await withMigrationLock(db, async () => {
    for (const migration of await up(db, client)) logger.info('Migrated the database', { migration });
  });
}

async function isPending(db: Db): Promise<boolean> {
  return (await status(db)).some(({ appliedAt }) => appliedAt === 'PENDING');
}
