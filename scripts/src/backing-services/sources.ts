import { z } from 'zod';
import { isExecutableFile, findExecutable } from '../processes/find-executable.ts';
import { UserError } from '../console/user-error.ts';
import { aptInstall, aptProblem } from './apt.ts';
import type { BackingServiceName } from './backing-services.ts';
import { composeAnswers } from './docker-compose.ts';
import type { OnProgress } from './on-progress.ts';
import { cachedMongod, downloadMongod } from './mongod-download.ts';

/** Where a backing service comes from. */
const Source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('url'), url: z.string(), said: z.string() }),
  z.object({ kind: z.literal('binary'), path: z.string(), said: z.string() }),
  z.object({ kind: z.literal('compose'), said: z.string() }),
]);
export type Source = z.infer<typeof Source>;

export const Sources = z.object({ mongodb: Source, redis: Source, rabbitmq: Source });
export type Sources = z.infer<typeof Sources>;

/** The functions that look at this machine; a test replaces them. */
export interface Machine {
  env: NodeJS.ProcessEnv;
  findBinary: (name: BackingServiceName) => Promise<string | undefined>;
  composeAnswers: () => Promise<boolean>;
  cachedMongod: () => Promise<string | undefined>;
  downloadMongod: (onProgress: OnProgress) => Promise<{ path: string; said: string }>;
  aptProblem: () => Promise<string | undefined>;
  aptInstall: (packages: string[]) => Promise<void>;
}

export interface FindOptions {
  /** Whether MONGODB_URL, REDIS_URL and RABBITMQ_URL are used. Never for private servers, which are killed and removed. */
  useUrls: boolean;
  onProgress?: OnProgress;
}

const urlVariables = { mongodb: 'MONGODB_URL', redis: 'REDIS_URL', rabbitmq: 'RABBITMQ_URL' } as const;
const binaries = { mongodb: 'mongod', redis: 'redis-server', rabbitmq: 'rabbitmq-server' } as const;

/** Finds or makes one backing service's source: URL, binary on PATH, Docker compose, then apt-get or a download. */
export async function findSource(
  name: BackingServiceName,
  options: FindOptions,
  machine: Machine = thisMachine,
): Promise<Source> {
  const url = machine.env[urlVariables[name]];
  if (options.useUrls && url) return { kind: 'url', url, said: `${urlVariables[name]} of the environment` };

  const path = await machine.findBinary(name);
  if (path !== undefined) return { kind: 'binary', path, said: path };

  // An earlier start downloaded it, so it can read the data that it wrote.
  const cached = name === 'mongodb' ? await machine.cachedMongod() : undefined;
  if (cached !== undefined) return { kind: 'binary', path: cached, said: cached };

  if (await machine.composeAnswers()) return { kind: 'compose', said: 'Docker compose' };

  return name === 'mongodb' ? makeMongod(machine, options) : makeByApt(name, machine, options);
}

async function makeMongod(machine: Machine, { onProgress = () => {} }: FindOptions): Promise<Source> {
  const { path, said } = await machine.downloadMongod(onProgress);
  return { kind: 'binary', path, said };
}

async function makeByApt(
  name: 'redis' | 'rabbitmq',
  machine: Machine,
  { useUrls, onProgress }: FindOptions,
): Promise<Source> {
  const binary = binaries[name];
  const byUrl = useUrls ? `, or set ${urlVariables[name]}` : '';
  const advice = `install ${binary} (or Docker with compose)${byUrl}, and run this again`;
  const problem = await machine.aptProblem();
  if (problem !== undefined) throw new UserError(`${binary} was not found and ${problem}: ${advice}.`);
  onProgress?.(`apt-get install ${binary}`);
  await machine.aptInstall([binary]);
  const path = await machine.findBinary(name);
  if (path === undefined)
    throw new UserError(`apt-get installed ${binary}, but it cannot be found: ${advice}.`);
  return { kind: 'binary', path, said: `${path}, installed by apt-get` };
}

/** Finds all three. Redis and RabbitMQ follow each other, because apt-get takes a lock. */
export async function findSources(options: FindOptions): Promise<Sources> {
  const others = async () => {
    const redis = await findSource('redis', options);
    return { redis, rabbitmq: await findSource('rabbitmq', options) };
  };
  const [mongodb, rest] = await Promise.all([findSource('mongodb', options), others()]);
  return { mongodb, ...rest };
}

// Debian's wrapper of rabbitmq-server in /usr/sbin drops to the user rabbitmq; the program behind it does not.
const DEBIAN_RABBITMQ = '/usr/lib/rabbitmq/bin/rabbitmq-server';

const thisMachine: Machine = {
  env: process.env,
  async findBinary(name) {
    const path = await findExecutable(binaries[name]);
    const behindWrapper =
      name === 'rabbitmq' && path !== undefined && (await isExecutableFile(DEBIAN_RABBITMQ));
    return behindWrapper ? DEBIAN_RABBITMQ : path;
  },
  composeAnswers,
  cachedMongod,
  downloadMongod,
  aptProblem,
  aptInstall,
};
