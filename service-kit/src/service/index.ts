export { systemClock, type Clock } from './clock.ts';
export { createService, type ModularService, type ServiceOptions } from './create-service.ts';
export {
  defineConsumer,
  type BoundConsumer,
  type ConsumerSettings,
  type ModuleConsumer,
} from './define-consumer.ts';
export { ensureIndexes } from './ensure-indexes.ts';
export { migrateDatabase, type MigrateDatabaseOptions } from './migrate-database.ts';
export type { IndexSpec, Job, Module } from './module.ts';
export { newId, type NewId } from './new-id.ts';
export {
  createPlatform,
  type Platform,
  type PlatformOptions,
  type PlatformOverrides,
  type ServicePlatform,
} from './platform.ts';
export {
  databaseOnly,
  platformConfig,
  platformVariables,
  type PlatformConfig,
  type PlatformDefaults,
} from './platform-config.ts';
export { runCommand } from './run-command.ts';
export { unique } from './unique.ts';
