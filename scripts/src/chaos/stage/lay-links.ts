import { rabbitmqUrl } from '../../backing-services/rabbitmq-server.ts';
import { freePort } from '../../processes/ports.ts';
import type { ServiceName } from '../../repository/packages.ts';
import type { Credentials } from '../../system/credentials.ts';
import type { ServiceAddress, ServiceAddresses } from '../../system/service-environment.ts';
import { Link } from '../links/link.ts';

export interface LaidLinks {
  links: Link[];
  /** The variables by which each process goes over its own links, by the process's name. */
  environments: Map<string, Record<string, string>>;
}

export interface LinkPlan {
  addresses: ServiceAddresses;
  redisPort: number;
  brokers: readonly { server: string; port: number }[];
  credentials: Credentials;
}

type Owner = Exclude<ServiceName, 'api-gateway'>;

const upstreams = {
  'auth-service': 'AUTH_SERVICE_URL',
  'game-event-service': 'GAME_EVENT_SERVICE_URL',
} as const;

/** As a system names its processes. */
export function instanceName(service: ServiceName, index: number): string {
  return index === 0 ? service : `${service}-${index + 1}`;
}

/** A link of its own from each process to everything that it speaks to, MongoDB aside. */
export async function layLinks(plan: LinkPlan): Promise<LaidLinks> {
  const links: Link[] = [];
  const environments = new Map<string, Record<string, string>>();

  async function lay(from: string, to: string, target: number): Promise<number> {
    const link = await Link.open({ name: `${from} → ${to}`, port: await freePort(), target });
    links.push(link);
    return link.port;
  }

  async function layBrokers(name: string, service: ServiceName, index: number): Promise<string[]> {
    const password = plan.credentials.rabbitmqPasswords[service];
    const urls: string[] = [];
    for (const { server, port } of rotated(plan.brokers, index)) {
      urls.push(rabbitmqUrl(await lay(name, server, port), service, password));
    }
    return urls;
  }

  async function layForService(service: Owner, index: number): Promise<void> {
    const name = instanceName(service, index);
    const env: Record<string, string> = {
      RABBITMQ_URLS: (await layBrokers(name, service, index)).join(','),
      REDIS_URL: `redis://127.0.0.1:${await lay(name, 'redis', plan.redisPort)}`,
    };
    environments.set(name, env);
  }

  async function layUpstreams(gateway: string, service: Owner): Promise<string> {
    const urls: string[] = [];
    for (const [index, { port }] of (plan.addresses[service] ?? []).entries()) {
      urls.push(`http://127.0.0.1:${await lay(gateway, instanceName(service, index), port)}`);
    }
    return urls.join(',');
  }

  for (const service of ['auth-service', 'game-event-service'] as const) {
    for (const index of (plan.addresses[service] ?? []).keys()) await layForService(service, index);
  }
  for (const index of (plan.addresses['api-gateway'] ?? []).keys()) {
    const gateway = instanceName('api-gateway', index);
    const env: Record<string, string> = {
      RABBITMQ_URLS: (await layBrokers(gateway, 'api-gateway', index)).join(','),
    };
    for (const service of ['auth-service', 'game-event-service'] as const) {
      env[upstreams[service]] = await layUpstreams(gateway, service);
    }
    environments.set(gateway, env);
  }
  return { links, environments };
}

/** So that not every process prefers the same node. */
function rotated<Item>(items: readonly Item[], by: number): Item[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

export function urlsOf(addresses: readonly ServiceAddress[]): string[] {
  return addresses.map(({ port }) => `http://127.0.0.1:${port}`);
}
