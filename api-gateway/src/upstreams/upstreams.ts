import { lookup } from 'node:dns/promises';
import type { ReadinessCheck } from 'service-kit/admin';
import { createPeriodic, type Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { serviceOf } from '../routing/route.ts';
import { type Resolve, UpstreamService, type UpstreamServiceSettings } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamsSettings extends UpstreamServiceSettings {
  /** Time between health checks. */
  checkMs: number;
  dnsRefreshMs: number;
}

export interface UpstreamsDeps {
  /** The addresses of each service, by the environment variable that holds them. */
  origins: ReadonlyMap<string, readonly string[]>;
  settings: UpstreamsSettings;
  resolve?: Resolve | undefined;
  logger: Logger;
}

/** The services behind the gateway. */
export interface Upstreams {
  /** @throws for an unknown variable; the routing table is checked before */
  service(targetEnv: string): UpstreamService;
  /** Every service by its name. */
  services(): readonly [string, UpstreamService][];
  /** The addresses of every service, by the service's name. */
  byService(): readonly [string, readonly Upstream[]][];
  /** An address of the service for a question about the service itself: a healthy one if there is one. */
  originOf(targetEnv: string): string | undefined;
  /** One check for each origin. An outage of a service affects its own routes alone, so the gateway is only degraded. */
  checks: Readonly<Record<string, ReadinessCheck>>;
  components: readonly Component[];
}

export function createUpstreams(deps: UpstreamsDeps): Upstreams {
  const { origins, settings, resolve = resolveByDns, logger } = deps;
  const services = new Map(
    [...origins].map(([targetEnv, origins]) => [
      targetEnv,
      new UpstreamService({ origins, settings, resolve, logger }),
    ]),
  );
  async function refreshAddresses(): Promise<void> {
    await Promise.all([...services.values()].map((service) => service.refreshAddresses()));
  }

  function serviceAt(targetEnv: string): UpstreamService {
    const service = services.get(targetEnv);
    if (!service) throw new Error(`no addresses for ${targetEnv}`);
    return service;
  }

  async function check(origin: string): ReturnType<ReadinessCheck> {
    // Two services may share an address.
    const sharing = all().filter((member) => member.origin === origin);
    const members = [...new Map(sharing.map((member) => [member.label, member])).values()];
    if (members.length === 0) return { degraded: 'not found' };
    const troubles = await Promise.all(members.map(troubleOf));
    const known = troubles.filter((trouble) => trouble !== undefined);
    if (known.length === 0) return undefined;
    const count = members.length === 1 ? '' : `${known.length} of ${members.length}: `;
    return { degraded: count + known.join(', ') };
  }

  const all = (): Upstream[] => [...services.values()].flatMap((service) => service.members());

  return {
    services: () => [...services].map(([targetEnv, service]) => [serviceOf(targetEnv), service]),
    byService: () => [...services].map(([targetEnv, service]) => [serviceOf(targetEnv), service.members()]),
    service: serviceAt,
    originOf(targetEnv) {
      const members = serviceAt(targetEnv).members();
      return (members.find(({ isHealthy }) => isHealthy) ?? members[0])?.origin;
    },
    checks: Object.fromEntries([...origins.values()].flat().map((origin) => [origin, () => check(origin)])),
    components: [
      {
        name: 'upstreams',
        start: refreshAddresses,
        stop: async () => void (await Promise.all(all().map((member) => member.close()))),
      },
      createPeriodic({
        name: 'addresses of services',
        everyMs: settings.dnsRefreshMs,
        run: refreshAddresses,
        logger,
      }),
      createPeriodic({
        name: 'health checks',
        everyMs: settings.checkMs,
        run: async () => void (await Promise.all(all().map((member) => member.check()))),
        logger,
      }),
    ],
  };
}

async function troubleOf(member: Upstream): Promise<string | undefined> {
  if (!(await member.answers())) return 'not reachable';
  return member.breaker.isClosed ? undefined : 'its last requests failed';
}

/**
 * Resolves a name as the system does. If it has addresses of both families, only one family is used: often both
 * lead to the same process, which may listen on one of them.
 */
async function resolveByDns(hostName: string): Promise<string[]> {
  const found = await lookup(hostName, { all: true, order: 'ipv4first' });
  return found.filter(({ family }) => family === found[0]?.family).map(({ address }) => address);
}
