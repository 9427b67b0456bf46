import {
  type BackingService,
  type BackingServices,
  backingServiceNames,
} from '../backing-services/backing-services.ts';
import { mustAnswer } from '../backing-services/check-urls.ts';
import { Server, type ServerSurroundings } from '../processes/server.ts';
import { packageDirectory, type ServiceName, serviceNames } from '../repository/packages.ts';
import type { Credentials } from './credentials.ts';
import {
  publicUrl,
  type ServiceAddress,
  type ServiceAddresses,
  serviceEnvironment,
} from './service-environment.ts';
import { serviceProcess } from './service-process.ts';

/** Defaults for a machine where all clients have one address. The environment can change them. */
const LOCAL_DEFAULTS = {
  NEW_ACCOUNTS_PER_ADDRESS: '5000',
  NEW_SESSIONS_PER_ADDRESS: '5000',
  RATE_LIMIT_SCALE: '1000',
};

/** Variables laid over the system's own: for one service, or under `all` for every service. */
export type EnvironmentOverrides = Partial<Record<ServiceName, Record<string, string>>>;

export interface LaurelSystemOptions {
  backing: BackingServices;
  credentials: Credentials;
  addresses: ServiceAddresses;
  /** Inherited by every service. */
  baseEnvironment: NodeJS.ProcessEnv;
  overrides?: EnvironmentOverrides;
  /** Overrides for one process, by its name. Read at each start of the process. */
  environmentOf?: (name: string) => Record<string, string>;
  /** Other folders to run a service from. */
  folders?: Partial<Record<ServiceName, string>>;
  surroundings: ServerSurroundings;
}

export interface ServiceInstance {
  service: ServiceName;
  address: ServiceAddress;
  server: Server;
}

/** Every service and the backing services: one whole Laurel. `up`, the tests and the benchmarks start it alike. */
export class LaurelSystem {
  readonly backing: BackingServices;
  readonly credentials: Credentials;
  readonly instances: readonly ServiceInstance[];
  /** Where clients reach it. */
  readonly url: string;

  constructor(options: LaurelSystemOptions) {
    this.backing = options.backing;
    this.credentials = options.credentials;
    this.url = publicUrl(options.addresses);
    this.instances = serviceNames.flatMap((service) =>
      (options.addresses[service] ?? []).map((address, index) => {
        const name = index === 0 ? service : `${service}-${index + 1}`;
        const env = {
          ...LOCAL_DEFAULTS,
          ...options.baseEnvironment,
          ...serviceEnvironment(service, address, options),
          ...options.overrides?.['all'],
          ...options.overrides?.[service],
        };
        return {
          service,
          address,
          server: new Server(
            serviceProcess(name, address, options.folders?.[service] ?? packageDirectory(service), () => ({
              ...env,
              ...options.environmentOf?.(name),
            })),
            options.surroundings,
          ),
        };
      }),
    );
  }

  /** All processes, in the order of starting. */
  get servers(): Server[] {
    const backing = backingServiceNames.flatMap((name) => this.backing[name].servers);
    return [...backing, ...this.instances.map((instance) => instance.server)];
  }

  server(name: string): Server {
    const server = this.servers.find((one) => one.name === name);
    if (server === undefined) throw new Error(`${name} is not a process of this system`);
    return server;
  }

  async startServices(): Promise<void> {
    await Promise.all(this.instances.map((instance) => instance.server.start()));
  }

  /** In reverse order, so that each stops before its dependencies: the gateway first. */
  async stopServices(): Promise<void> {
    await stopInTurn(this.instances.map((instance) => instance.server));
  }
}

export async function startBackingService(service: BackingService): Promise<void> {
  if (service.servers.length === 0) await mustAnswer(service);
  for (const server of service.servers) await server.start();
}

/** RabbitMQ before its name server; the three in parallel, because they are independent. */
export async function stopBackingServices(backing: BackingServices): Promise<void> {
  await Promise.all(backingServiceNames.map((name) => stopInTurn(backing[name].servers)));
}

async function stopInTurn(servers: Server[]): Promise<void> {
  for (const server of servers.toReversed()) await server.stop();
}
