import { resolve } from 'node:path';
import { repositoryRoot } from './folders.ts';
import { readServices, type Service } from './service-manifest.ts';

export { packageDirectory, repositoryRoot } from './folders.ts';

export type ServiceName = string;
export type PackageName = string;

/** The services, in the order of starting. */
export const services: readonly Service[] = readServices();
export const serviceNames: readonly ServiceName[] = services.map(({ name }) => name);
export const packageNames: readonly PackageName[] = ['service-kit', ...serviceNames, 'scripts'];

export const gateway: Service = onlyGateway();

/** Where `up` and `infra` keep everything of this checkout: data, credentials, logs, state. */
export function dataDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return resolve(repositoryRoot, env['LAUREL_DATA_DIR'] ?? '.data');
}

export function serviceOf(name: ServiceName): Service {
  const service = services.find((one) => one.name === name);
  if (!service) throw new Error(`${name} is no service of this repository`);
  return service;
}

function onlyGateway(): Service {
  const [first, ...others] = services.filter((service) => service.gateway);
  if (!first || others.length > 0) throw new Error('One service.json has to say "gateway": true.');
  return first;
}
