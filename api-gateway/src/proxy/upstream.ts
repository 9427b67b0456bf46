import { isIP, type LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { Breaker } from './breaker.ts';

const CONNECT_TIMEOUT_MS = 3_000;
// Shorter than the services keep an idle connection, so that it is the gateway who closes one: a request that
// meets a closing connection is lost, and only some can be sent again. A `Keep-Alive: timeout` hint of the
// service lowers it further (undici stays a second or two below the hint).
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 30_000;
const CHECK_TIMEOUT_MS = 900;
const FAILED_CHECKS = 2;

/** One address of a service, with its connections and what is known of its health. */
export class Upstream {
  /** As it was configured. */
  readonly origin: string;
  /** What the name in the origin stands for; undefined where it is an address already. */
  readonly address: string | undefined;
  /** Where it really is: the origin, with the address in the place of a name. For logs and metrics alone. */
  readonly label: string;
  readonly requests: Pool;
  /** Apart, because what stays open for hours would keep the connections from everything else. */
  readonly streams: Pool;
  /** Requests and streams under way. */
  pending = 0;
  breaker = new Breaker();
  /** What the last health checks said. */
  isHealthy = true;
  readonly #checks: Pool;
  #failedChecks = 0;

  /** @param connections most of them for requests; streams have as many as there are streams */
  constructor(origin: string, address: string | undefined, connections: number) {
    this.origin = origin;
    this.address = address;
    this.label = address === undefined ? origin : labelOf(origin, address);
    const options = {
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      allowH2: false,
      // The gateway keeps the time itself, from the moment it has a request.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(address !== undefined && { connect: { lookup: lookupOf(address) } }),
    };
    this.requests = new Pool(origin, { ...options, connections });
    this.streams = new Pool(origin, { ...options, connections: null });
    this.#checks = new Pool(origin, { ...options, connections: 1 });
  }

  /** Whether it answers `/healthz` with 200 in time. */
  async answers(): Promise<boolean> {
    try {
      const { body, statusCode } = await this.#checks.request({
        path: '/healthz',
        method: 'GET',
        signal: AbortSignal.timeout(CHECK_TIMEOUT_MS),
      });
      await body.dump();
      return statusCode === 200;
    } catch {
      return false;
    }
  }

  /** Asks it how it is. One that is back starts with a clean slate. */
  async check(): Promise<void> {
    this.#failedChecks = (await this.answers()) ? 0 : this.#failedChecks + 1;
    const isHealthy = this.#failedChecks < FAILED_CHECKS;
    if (isHealthy && !this.isHealthy) this.breaker = new Breaker();
    this.isHealthy = isHealthy;
  }

  /** Lets requests under way finish. */
  async close(): Promise<void> {
    await Promise.all([this.requests.close(), this.streams.close(), this.#checks.destroy()]);
  }
}

function labelOf(origin: string, address: string): string {
  const { protocol, port } = new URL(origin);
  const host = isIP(address) === 6 ? `[${address}]` : address;
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
}

/** Connects to this address and no other, while host header and certificate go by the name. */
function lookupOf(address: string): LookupFunction {
  const family = isIP(address);
  return (_name, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}
