import type { BackingServiceName } from '../backing-services/backing-services.ts';
import { findSource, type FindOptions, type Source, type Sources } from '../backing-services/sources.ts';
import { type PrintLine, runSteps, type Step } from '../console/steps.ts';
import { packageDirectory, type PackageName } from '../repository/packages.ts';
import { installPackage } from '../toolchain/install-package.ts';

/** Does all that may need the network, before the start: installs packages, finds or installs the backing services. */
export async function prepare(
  packages: readonly PackageName[],
  options: FindOptions,
  printLine?: PrintLine,
): Promise<Sources> {
  const sources = new Map<BackingServiceName, Source>();
  const find = (names: BackingServiceName[], title: string): Step => ({
    title,
    async run(onProgress) {
      for (const name of names) sources.set(name, await findSource(name, { ...options, onProgress }));
      return names.map((name) => sources.get(name)?.said).join(', ');
    },
  });
  const install = packages.map((name): Step => ({
    title: `npm ci in ${name}`,
    run: () => installPackage(packageDirectory(name)),
  }));
  // Redis and RabbitMQ follow each other: apt-get takes a lock.
  await runSteps(
    [
      ...install,
      find(['mongodb'], 'Finding MongoDB'),
      find(['redis', 'rabbitmq'], 'Finding Redis and RabbitMQ'),
    ],
    printLine,
  );
  const [mongodb, redis, rabbitmq] = [sources.get('mongodb'), sources.get('redis'), sources.get('rabbitmq')];
  if (!mongodb || !redis || !rabbitmq) throw new Error('a backing service was not found');
  return { mongodb, redis, rabbitmq };
}
