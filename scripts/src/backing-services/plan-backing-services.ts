import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../console/user-error.ts';
import { readJson } from '../repository/read-json.ts';
import { freePort, portAgain } from '../processes/ports.ts';
import { Server, type ServerDefinition, type ServerSurroundings } from '../processes/server.ts';
import type {
  BackingService,
  BackingServiceName,
  BackingServices,
  BrokerPasswords,
  BrokerUser,
} from './backing-services.ts';
import { composeServer } from './docker-compose.ts';
import { mongodReplicaSet, type ReplicaSetMember, replicaSetUrl } from './mongod-replica-set.ts';
import { mongodbUrl, mongodServer } from './mongod-server.ts';
import { type BrokerNode, rabbitmqCluster } from './rabbitmq-cluster.ts';
import { rabbitmqServers, rabbitmqUrl } from './rabbitmq-server.ts';
import { redisServer } from './redis-server.ts';
import type { Source, Sources } from './sources.ts';
import { VIRTUAL_HOST } from './rabbitmq-definitions.ts';

export interface BackingPlan {
  sources: Sources;
  /** Data, settings and the ports that were used before. */
  directory: string;
  /** Whether the data survives a stop. */
  keepData: boolean;
  passwords: BrokerPasswords;
  /** Besides the one of the system. */
  extraVirtualHosts?: readonly string[];
  /** Whether RabbitMQ gets its management page, which costs seconds at the start. */
  management?: boolean;
  members?: BackingMembers;
  /** Makes the names of containers unique to this checkout or test. */
  project: string;
  surroundings: ServerSurroundings;
}

/** Runs a backing service as several processes, on ports that the caller chose. */
export interface BackingMembers {
  mongodb?: readonly ReplicaSetMember[];
  rabbitmq?: readonly BrokerNode[];
}

const BackingPorts = z.object({
  mongodb: z.number(),
  redis: z.number(),
  rabbitmq: z.number(),
  epmd: z.number(),
  distribution: z.number(),
  management: z.number(),
});
export type BackingPorts = z.infer<typeof BackingPorts>;

/** Plans the three backing services; nothing is started yet. */
export async function planBackingServices(
  plan: BackingPlan,
): Promise<BackingServices & { ports: BackingPorts }> {
  const ports = await choosePorts(plan.directory);
  const { mongodb: replicaSet, rabbitmq: brokers } = plan.members ?? {};
  const brokerPort = brokers?.[0]?.port ?? ports.rabbitmq;
  return {
    mongodb: lay('mongodb', plan, ports, () =>
      replicaSet ? replicaSetUrl(replicaSet) : mongodbUrl(ports.mongodb),
    ),
    redis: lay('redis', plan, ports, () => `redis://127.0.0.1:${ports.redis}`),
    rabbitmq: lay('rabbitmq', plan, ports, (user) => rabbitmqUrl(brokerPort, user, plan.passwords[user])),
    ports,
  };
}

function lay(
  name: BackingServiceName,
  plan: BackingPlan,
  ports: BackingPorts,
  urlFor: (user: BrokerUser) => string,
): BackingService {
  const source = plan.sources[name];
  if (source.kind === 'url')
    return { name, source: source.said, url: source.url, urlFor: () => source.url, servers: [] };
  const servers = definitionsOf(name, source, plan, ports).map((one) => new Server(one, plan.surroundings));
  return { name, source: source.said, url: urlFor('admin'), urlFor, servers };
}

function definitionsOf(
  name: BackingServiceName,
  source: Exclude<Source, { kind: 'url' }>,
  plan: BackingPlan,
  ports: BackingPorts,
): ServerDefinition[] {
  const { passwords, keepData, members = {} } = plan;
  const directory = join(plan.directory, name);
  const virtualHosts = [VIRTUAL_HOST, ...(plan.extraVirtualHosts ?? [])];
  const port = ports[name];
  if (source.kind === 'compose') {
    if (name !== 'redis' && members[name])
      throw new UserError(`Several ${name} are started as processes of this machine: install its server.`);
    const project = `${plan.project}-${name}`;
    return [composeServer({ name, directory, port, project, keepData, passwords, virtualHosts })];
  }
  const binary = source.path;
  if (name === 'mongodb') {
    return members.mongodb
      ? mongodReplicaSet(binary, directory, members.mongodb)
      : [mongodServer({ binary, directory, port })];
  }
  if (name === 'redis') return [redisServer({ binary, directory, port, keepData })];
  const managementPort = plan.management === true ? ports.management : undefined;
  const common = { binary, directory, passwords, virtualHosts, epmdPort: ports.epmd, managementPort };
  return members.rabbitmq
    ? rabbitmqCluster(common, members.rabbitmq)
    : rabbitmqServers({ ...common, port, distributionPort: ports.distribution });
}

// Takes the ports of the last start again if they are free, so that noted URLs stay valid.
async function choosePorts(directory: string): Promise<BackingPorts> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const file = join(directory, 'ports.json');
  const before = (await readJson(file, BackingPorts.partial())) ?? {};
  const ports: BackingPorts = {
    mongodb: await portAgain(before.mongodb),
    redis: await portAgain(before.redis),
    rabbitmq: await portAgain(before.rabbitmq),
    epmd: await portAgain(before.epmd),
    distribution: await freePort(),
    management: await portAgain(before.management),
  };
  await writeFile(file, JSON.stringify(ports));
  return ports;
}
