import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { BackingServices } from '../backing-services/backing-services.ts';
import { type BackingMembers, planBackingServices } from '../backing-services/plan-backing-services.ts';
import { findSources, type Sources } from '../backing-services/sources.ts';
import { Keeper } from '../processes/keeper.ts';
import { freePort } from '../processes/ports.ts';
import type { ServerSurroundings } from '../processes/server.ts';
import { type ServiceName, serviceNames } from '../repository/packages.ts';
import { type Credentials, makeCredentials } from './credentials.ts';
import {
  type EnvironmentOverrides,
  LaurelSystem,
  startBackingService,
  stopBackingServices,
} from './laurel-system.ts';
import type { ServiceAddresses } from './service-environment.ts';

export interface PrivateBackingOptions {
  extraVirtualHosts?: readonly string[];
  credentials?: Credentials;
  sources?: Sources;
  members?: BackingMembers;
  /** Gets every line that a process writes. */
  onLine?: ServerSurroundings['onLine'];
  onUnexpectedExit?: ServerSurroundings['onUnexpectedExit'];
}

/** Private backing services: in a temporary folder, on free ports. They are always stopped and removed. */
export class PrivateBackingServices {
  readonly directory: string;
  readonly services: BackingServices;
  readonly credentials: Credentials;
  readonly surroundings: ServerSurroundings & { keeper: Keeper };

  private constructor(
    directory: string,
    services: BackingServices,
    credentials: Credentials,
    surroundings: ServerSurroundings,
  ) {
    this.directory = directory;
    this.services = services;
    this.credentials = credentials;
    this.surroundings = surroundings;
  }

  static async start(options: PrivateBackingOptions = {}): Promise<PrivateBackingServices> {
    const { credentials = makeCredentials(), extraVirtualHosts = [], onLine = () => {} } = options;
    const { onUnexpectedExit } = options;
    const sources = options.sources ?? (await findSources({ useUrls: false }));
    const directory = await mkdtemp(join(tmpdir(), 'laurel-'));
    const keeper = Keeper.start();
    keeper.removeAtEnd(directory);
    const surroundings = { keeper, onLine, ...(onUnexpectedExit && { onUnexpectedExit }) };
    const services = await planBackingServices({
      sources,
      directory: join(directory, 'backing'),
      keepData: false,
      passwords: credentials.rabbitmqPasswords,
      extraVirtualHosts,
      project: basename(directory).toLowerCase(),
      surroundings,
      ...(options.members === undefined ? {} : { members: options.members }),
    });
    const started = new PrivateBackingServices(directory, services, credentials, surroundings);
    try {
      await Promise.all([services.mongodb, services.redis, services.rabbitmq].map(startBackingService));
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  async stop(): Promise<void> {
    await stopBackingServices(this.services);
    await rm(this.directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    await this.surroundings.keeper.end();
  }
}

export interface PrivateSystemOptions extends PrivateBackingOptions {
  overrides?: EnvironmentOverrides;
  /** Processes per service; the default is 1. */
  instances?: Partial<Record<ServiceName, number>>;
}

/** A whole private Laurel, for end-to-end tests, benchmarks and fault tests. */
export class PrivateSystem {
  readonly system: LaurelSystem;
  readonly backing: PrivateBackingServices;

  private constructor(system: LaurelSystem, backing: PrivateBackingServices) {
    this.system = system;
    this.backing = backing;
  }

  static async start(options: PrivateSystemOptions = {}): Promise<PrivateSystem> {
    const backing = await PrivateBackingServices.start(options);
    const system = new LaurelSystem({
      backing: backing.services,
      credentials: backing.credentials,
      addresses: await freeAddresses(options.instances),
      baseEnvironment: bareEnvironment(),
      ...(options.overrides === undefined ? {} : { overrides: options.overrides }),
      surroundings: backing.surroundings,
    });
    const started = new PrivateSystem(system, backing);
    try {
      await system.startServices();
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  async stop(): Promise<void> {
    await this.system.stopServices();
    await this.backing.stop();
  }
}

/** The variables that every program needs, without the other variables of this shell. */
export function bareEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env;
  return { PATH, HOME, ...(LANG === undefined ? {} : { LANG }), ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}

export async function freeAddresses(
  instances: Partial<Record<ServiceName, number>> = {},
): Promise<ServiceAddresses> {
  const addresses: ServiceAddresses = {};
  for (const service of serviceNames) {
    addresses[service] = await Promise.all(
      Array.from({ length: instances[service] ?? 1 }, async () => {
        return { port: await freePort(), adminPort: await freePort() };
      }),
    );
  }
  return addresses;
}
