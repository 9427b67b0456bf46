import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'service-kit/logging';
import { Bulkhead } from './bulkhead.ts';
import { Upstream } from './upstream.ts';

const QUEUE_MS = 1_000;

/** Resolves a host name to its addresses. */
export type Resolve = (hostName: string) => Promise<readonly string[]>;

export interface UpstreamServiceSettings {
  /** Requests in work at a time. As many again may wait, for up to a second. */
  concurrency: number;
  /** Open streams at a time. */
  mostStreams: number;
  /** The share of both that one client may take, above 0 and up to 1. */
  share: number;
}

export interface UpstreamServiceDeps {
  /** Addresses or names, as configured. */
  origins: readonly string[];
  settings: UpstreamServiceSettings;
  resolve: Resolve;
  logger: Logger;
}

/** A service: its addresses and its bulkheads. */
export class UpstreamService {
  readonly requests: Bulkhead;
  readonly streams: Bulkhead;
  readonly #deps: UpstreamServiceDeps;
  /** The addresses of each origin. */
  readonly #byOrigin = new Map<string, readonly Upstream[]>();
  #members: readonly Upstream[] = [];
  #next = 0;

  constructor(deps: UpstreamServiceDeps) {
    this.#deps = deps;
    const { origins, settings } = deps;
    const { concurrency, mostStreams, share } = settings;
    this.requests = new Bulkhead({ limit: concurrency, queueLimit: concurrency, queueMs: QUEUE_MS, share });
    this.streams = new Bulkhead({ limit: mostStreams, queueLimit: 0, queueMs: 0, share });
    for (const origin of origins) {
      const isName = hostNameOf(origin) !== undefined;
      this.#byOrigin.set(origin, isName ? [] : [new Upstream(origin, undefined, concurrency)]);
    }
    this.#members = [...this.#byOrigin.values()].flat();
  }

  members(): readonly Upstream[] {
    return this.#members;
  }

  /**
   * The address with the fewest requests in work; equal ones take turns. An address that fails its health checks
   * gets requests only if all of them do, because then the check itself is probably at fault. Undefined: no
   * address takes requests.
   *
   * @param by the attempt, as the circuit breakers know it
   * @param except the address where the request has just failed; it is asked again only if there is no other
   */
  pick(by: object, except?: Upstream): Upstream | undefined {
    const members = this.#members;
    this.#next = (this.#next + 1) % members.length;
    let best: Upstream | undefined;
    for (let i = 0; i < members.length; i += 1) {
      const member = members[(this.#next + i) % members.length];
      if (!member || member === except) continue;
      if (!member.breaker.isClosed) {
        if (member.isHealthy && member.breaker.tryWith(by)) return member;
      } else if (!best || isBetter(member, best)) {
        best = member;
      }
    }
    if (best) return best;
    if (except?.breaker.isClosed && members.includes(except)) return except;
    return members.find((member) => member.breaker.tryWith(by));
  }

  /** Resolves all names again. An address that is gone finishes its requests. If DNS fails, the addresses stay. */
  async refreshAddresses(): Promise<void> {
    await Promise.all(this.#deps.origins.map((origin) => this.#refresh(origin)));
    this.#members = [...this.#byOrigin.values()].flat();
  }

  async #refresh(origin: string): Promise<void> {
    const { resolve, settings, logger } = this.#deps;
    const name = hostNameOf(origin);
    if (name === undefined) return;
    const known = this.#byOrigin.get(origin) ?? [];
    try {
      const upstreams = (await resolve(name)).map(
        (address) =>
          known.find((upstream) => upstream.address === address) ??
          new Upstream(origin, address, settings.concurrency),
      );
      if (upstreams.length === 0 || isDeepStrictEqual(labelsOf(upstreams), labelsOf(known))) return;
      this.#byOrigin.set(origin, upstreams);
      logger.info('Service addresses changed', { origin, addresses: labelsOf(upstreams) });
      for (const gone of known) if (!upstreams.includes(gone)) void gone.close();
    } catch (error) {
      logger.warn('DNS lookup failed, the known addresses stay', { origin, known: known.length, error });
    }
  }
}

function isBetter(one: Upstream, other: Upstream): boolean {
  return one.isHealthy === other.isHealthy ? one.pending < other.pending : one.isHealthy;
}

function labelsOf(upstreams: readonly Upstream[]): string[] {
  return upstreams.map(({ label }) => label).toSorted();
}

/** Undefined if the origin holds an address. */
function hostNameOf(origin: string): string | undefined {
  const { hostname } = new URL(origin);
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 ? hostname : undefined;
}
