/** The parts of migrate-mongo that the kit uses. The package has no types of its own. */
declare module 'migrate-mongo' {
  import type { Db, MongoClient } from 'mongodb';

  export const config: {
    set(config: {
      migrationsDir: string;
      migrationFileExtension: string;
      changelogCollectionName: string;
    }): void;
  };
  export function status(db: Db): Promise<{ fileName: string; appliedAt: string }[]>;
  export function up(db: Db, client: MongoClient): Promise<string[]>;
}
