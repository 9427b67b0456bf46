import { isIP } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'service-kit/logging';
import { Bulkhead } from './bulkhead.ts';
import { Upstream } from './upstream.ts';

const QUEUE_MS = 1_000;

/** The addresses that a name stands for. */
export type Resolve = (hostName: string) => Promise<readonly string[]>;

export interface UpstreamServiceOptions {
  /** As configured, by address or by name. */
  origins: readonly string[];
  /** Requests under way at a time; as many again may wait for a second. */
  concurrency: number;
  /** Streams open at a time. */
  mostStreams: number;
  /** The part of both that one client may take, above 0 and up to 1. */
  share: number;
  resolve: Resolve;
  logger: Logger;
}

/** A service: all its addresses, and how much of the gateway it may take. */
export class UpstreamService {
  readonly requests: Bulkhead;
  readonly streams: Bulkhead;
  readonly #options: UpstreamServiceOptions;
  /** What each origin leads to. */
  readonly #byOrigin = new Map<string, readonly Upstream[]>();
  #members: readonly Upstream[] = [];
  #next = 0;

  constructor(options: UpstreamServiceOptions) {
    this.#options = options;
    const { origins, concurrency, mostStreams, share } = options;
    this.requests = new Bulkhead({ limit: concurrency, queueLimit: concurrency, queueMs: QUEUE_MS, share });
    this.streams = new Bulkhead({ limit: mostStreams, queueLimit: 0, queueMs: 0, share });
    for (const origin of origins) {
      const isName = hostNameOf(origin) !== undefined;
      this.#byOrigin.set(origin, isName ? [] : [new Upstream(origin, undefined, concurrency)]);
    }
    this.#members = [...this.#byOrigin.values()].flat();
  }

  members(origin?: string): readonly Upstream[] {
    return origin === undefined ? this.#members : (this.#byOrigin.get(origin) ?? []);
  }

  /**
   * The address with the fewest requests under way, in turn where several are equal. One that fails its health checks
   * is asked only where all do, because then it is rather the check that fails. Undefined: none takes requests.
   *
   * @param by whoever makes the request, as the breakers know it
   * @param except where it has just failed: asked again only where there is no other
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

  /** Looks all names up again. What is not known any more finishes what it has; an outage of DNS changes nothing. */
  async refreshAddresses(): Promise<void> {
    await Promise.all(this.#options.origins.map((origin) => this.#refresh(origin)));
    this.#members = [...this.#byOrigin.values()].flat();
  }

  async #refresh(origin: string): Promise<void> {
    const { resolve, concurrency, logger } = this.#options;
    const name = hostNameOf(origin);
    if (name === undefined) return;
    const known = this.#byOrigin.get(origin) ?? [];
    try {
      const upstreams = (await resolve(name)).map(
        (address) =>
          known.find((upstream) => upstream.address === address) ??
          new Upstream(origin, address, concurrency),
      );
      if (upstreams.length === 0 || isDeepStrictEqual(labelsOf(upstreams), labelsOf(known))) return;
      this.#byOrigin.set(origin, upstreams);
      logger.info('addresses of a service changed', { origin, addresses: labelsOf(upstreams) });
      for (const gone of known) if (!upstreams.includes(gone)) void gone.close();
    } catch (error) {
      logger.warn('a service could not be looked up', { origin, known: known.length, error });
    }
  }
}

function isBetter(one: Upstream, other: Upstream): boolean {
  return one.isHealthy === other.isHealthy ? one.pending < other.pending : one.isHealthy;
}

function labelsOf(upstreams: readonly Upstream[]): string[] {
  return upstreams.map(({ label }) => label).toSorted();
}

/** Undefined where the origin has an address already. */
function hostNameOf(origin: string): string | undefined {
  const { hostname } = new URL(origin);
  return isIP(hostname.replace(/^\[(.*)\]$/, '$1')) === 0 ? hostname : undefined;
}
