import { lookup } from 'node:dns/promises';
import { createPeriodic, type Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { serviceOf } from '../routing/route.ts';
import { type Resolve, UpstreamService } from './upstream-service.ts';
import type { Upstream } from './upstream.ts';

export interface UpstreamsOptions {
  /** The addresses of each service, by the variable that holds them. */
  origins: ReadonlyMap<string, readonly string[]>;
  concurrency: number;
  mostStreams: number;
  /** The part of requests and streams of a service that one client may take, above 0 and up to 1. */
  share: number;
  checkMs: number;
  dnsRefreshMs: number;
  resolve?: Resolve | undefined;
  logger: Logger;
}

/** The services behind the gateway. */
export interface Upstreams {
  /** @throws for a variable that holds no addresses: the routing table is checked against them */
  service(targetEnv: string): UpstreamService;
  /** Every service by its name, with what its requests and streams take. */
  services(): readonly [string, UpstreamService][];
  /** Every address, by the service's name. */
  byService(): readonly [string, readonly Upstream[]][];
  /** What keeps requests from some or all of what an origin leads to; undefined: nothing. Asks each of them. */
  troubleAt(origin: string): Promise<string | undefined>;
  components: readonly Component[];
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { origins, checkMs, dnsRefreshMs, resolve = resolveByDns, logger } = options;
  const services = new Map(
    [...origins].map(([targetEnv, origins]) => [
      targetEnv,
      new UpstreamService({ ...options, origins, resolve }),
    ]),
  );
  async function refreshAddresses(): Promise<void> {
    await Promise.all([...services.values()].map((service) => service.refreshAddresses()));
  }
  const all = (): Upstream[] => [...services.values()].flatMap((service) => service.members());

  return {
    services: () => [...services].map(([targetEnv, service]) => [serviceOf(targetEnv), service]),
    byService: () => [...services].map(([targetEnv, service]) => [serviceOf(targetEnv), service.members()]),
    service(targetEnv) {
      const service = services.get(targetEnv);
      if (!service) throw new Error(`no addresses for ${targetEnv}`);
      return service;
    },
    async troubleAt(origin) {
      // Two services may share an address; it is still one.
      const sharing = all().filter((member) => member.origin === origin);
      const members = [...new Map(sharing.map((member) => [member.label, member])).values()];
      if (members.length === 0) return 'not found';
      const troubles = await Promise.all(members.map(troubleOf));
      const known = troubles.filter((trouble) => trouble !== undefined);
      if (known.length === 0) return undefined;
      return members.length === 1 ? known[0] : `${known.length} of ${members.length}: ${known.join(', ')}`;
    },
    components: [
      {
        name: 'upstreams',
        start: refreshAddresses,
        stop: async () => void (await Promise.all(all().map((member) => member.close()))),
      },
      createPeriodic({
        name: 'addresses of services',
        everyMs: dnsRefreshMs,
        run: refreshAddresses,
        logger,
      }),
      createPeriodic({
        name: 'health checks',
        everyMs: checkMs,
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
 * As the system does it. Of a name with addresses of both families only those of one are taken, because they are
 * mostly two ways to the same process, and it may listen on one of them.
 */
async function resolveByDns(hostName: string): Promise<string[]> {
  const found = await lookup(hostName, { all: true, order: 'ipv4first' });
  return found.filter(({ family }) => family === found[0]?.family).map(({ address }) => address);
}
