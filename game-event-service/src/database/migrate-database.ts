import { config, status, up } from 'migrate-mongo';
import type { Db, MongoClient } from 'mongodb';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'service-kit/logging';
import { withMigrationLock } from './migration-lock.ts';

// Its settings are the process's; they are the same for every database.
config.set({
  migrationsDir: fileURLToPath(new URL('migrations', import.meta.url)),
  migrationFileExtension: '.ts',
  changelogCollectionName: 'migrations',
});

/** Applies the migrations that are missing, in the order of their names, one instance at a time. */
export async function migrateDatabase(deps: { client: MongoClient; db: Db; logger: Logger }): Promise<void> {
  const { client, db, logger } = deps;
  if (!(await isPending(db))) return;
  await withMigrationLock(db, async () => {
    for (const migration of await up(db, client)) logger.info('Migrated the database', { migration });
  });
}

async function isPending(db: Db): Promise<boolean> {
  return (await status(db)).some(({ appliedAt }) => appliedAt === 'PENDING');
}
