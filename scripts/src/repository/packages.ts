import { join, resolve } from 'node:path';

export const repositoryRoot = resolve(import.meta.dirname, '../../..');

/** Started in this order and stopped in the reverse one. */
export const serviceNames = ['auth-service', 'game-event-service', 'api-gateway'] as const;
export type ServiceName = (typeof serviceNames)[number];

export const packageNames = ['service-kit', ...serviceNames, 'scripts'] as const;
export type PackageName = (typeof packageNames)[number];

export function packageDirectory(name: PackageName): string {
  return join(repositoryRoot, name);
}

/** Where `up` and `infra` keep everything of this checkout: data, credentials, logs, state. */
export function dataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(repositoryRoot, env['LAUREL_DATA_DIR'] ?? '.data');
}
