import type { Sources } from '../../backing-services/sources.ts';
import { rabbitmqUrl } from '../../backing-services/rabbitmq-server.ts';
import { startTokenMint, type TokenMint } from '../../bench/token-mint.ts';
import { freePort } from '../../processes/ports.ts';
import type { Server } from '../../processes/server.ts';
import type { ServiceName } from '../../repository/packages.ts';
import { LaurelSystem } from '../../system/laurel-system.ts';
import { bareEnvironment, freeAddresses, PrivateBackingServices } from '../../system/private-system.ts';
import type { Link } from '../links/link.ts';
import { layLinks, urlsOf } from './lay-links.ts';
import { layReplicaSet } from './lay-replica-set.ts';
import { Revival } from './revival.ts';
import { serviceSettings } from './service-settings.ts';

const INSTANCES = { 'api-gateway': 2, 'auth-service': 2, 'game-event-service': 3 } as const;

export interface ChaosSystemOptions {
  sources: Sources;
  brokerNodes: number;
  /** Where a service is run from, if not from its folder here. */
  folders?: Partial<Record<ServiceName, string>>;
  /** More environment variables for the processes of a service. */
  variables?: Partial<Record<ServiceName, Record<string, string>>>;
  onLine?: (server: string, line: string) => void;
}

/** A whole Laurel of several processes each. Every link of it can be disturbed. */
export interface ChaosSystem {
  system: LaurelSystem;
  links: readonly Link[];
  /** Where clients may reach it. */
  gatewayUrls: readonly string[];
  /** With every right, and past all links. */
  brokerUrls: readonly string[];
  mint: TokenMint;
  revival: Revival;
  /** Variables for the next start of a process, by its name. */
  further: Map<string, Record<string, string>>;
  stop(): Promise<void>;
}

export async function startChaosSystem(options: ChaosSystemOptions): Promise<ChaosSystem> {
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.toReversed()) await step();
    undo.length = 0;
  };
  try {
    return { ...(await start(options, undo)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { sources, brokerNodes, folders, variables, onLine }: ChaosSystemOptions,
  undo: (() => Promise<void>)[],
): Promise<Omit<ChaosSystem, 'stop'>> {
  const replicaSet = await layReplicaSet();
  const links = [...replicaSet.links];
  undo.push(async () => void (await Promise.all(links.map((link) => link.close()))));
  const mint = await startTokenMint();
  undo.push(() => mint.stop());

  const revival = new Revival();
  const nodes = brokerNodes === 1 ? undefined : await nodePorts(brokerNodes);
  const backing = await PrivateBackingServices.start({
    sources,
    members: { mongodb: replicaSet.members, ...(nodes && { rabbitmq: nodes }) },
    ...(onLine && { onLine }),
    onUnexpectedExit: (server, exit) => revival.onUnexpectedExit(server, exit),
  });
  undo.push(async () => {
    // Each member of the set would take its time to leave it in order, and its data is thrown away.
    await Promise.all(backing.services.mongodb.servers.map((server) => server.kill()));
    await backing.stop();
  });

  const addresses = await freeAddresses(INSTANCES);
  const { services, credentials } = backing;
  const brokers = brokersOf(services.rabbitmq.servers);
  const laid = await layLinks({
    addresses,
    redisPort: services.redis.servers[0]?.port ?? 0,
    brokers: brokers.map(({ name, port }) => ({ server: name, port })),
    credentials,
  });
  links.push(...laid.links);

  const further = new Map<string, Record<string, string>>();
  const system = new LaurelSystem({
    backing: services,
    credentials,
    addresses,
    baseEnvironment: bareEnvironment(),
    overrides: {
      ...variables,
      all: serviceSettings,
      // All players come from one address.
      'api-gateway': { JWKS_URL: mint.jwksUrl, CONNECTIONS_PER_ADDRESS: '10000' },
    },
    environmentOf: (name) => ({ ...laid.environments.get(name), ...further.get(name) }),
    ...(folders && { folders }),
    surroundings: backing.surroundings,
  });
  undo.push(async () => {
    await revival.end();
    await system.stopServices();
  });
  await system.startServices();
  return {
    system,
    links,
    gatewayUrls: urlsOf(addresses['api-gateway'] ?? []),
    brokerUrls: brokers.map(({ port }) => rabbitmqUrl(port, 'admin', credentials.rabbitmqPasswords.admin)),
    mint,
    revival,
    further,
  };
}

/** The nodes, without the name server beside them. */
export function brokersOf(servers: readonly Server[]): Server[] {
  return servers.filter(({ name }) => name.startsWith('rabbitmq'));
}

async function nodePorts(count: number): Promise<{ port: number; distributionPort: number }[]> {
  const ports: { port: number; distributionPort: number }[] = [];
  for (let node = 0; node < count; node += 1) {
    ports.push({ port: await freePort(), distributionPort: await freePort() });
  }
  return ports;
}
