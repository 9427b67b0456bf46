import { isIP, type LookupFunction } from 'node:net';
import { Pool } from 'undici';
import { Breaker } from './breaker.ts';

const CONNECT_TIMEOUT_MS = 3_000;
// Shorter than the keep-alive time of the services, so that the gateway closes idle connections. A request on a
// connection that the service is closing is lost, and only some requests can be sent again. A `Keep-Alive:
// timeout` hint of the service lowers it further (undici stays a second or two below the hint).
const KEEP_ALIVE_MS = 4_000;
const KEEP_ALIVE_MAX_MS = 30_000;
const CHECK_TIMEOUT_MS = 900;
const FAILED_CHECKS = 2;

/** One address of a service: its connections, its circuit breaker and its health. */
export class Upstream {
  /** As configured. */
  readonly origin: string;
  /** The address that the name in the origin resolves to; undefined if the origin has an address. */
  readonly address: string | undefined;
  /** The origin with the address in place of the name, for logs and metrics. */
  readonly label: string;
  readonly requests: Pool;
  /** Streams have their own pool, because they may hold a connection for hours. */
  readonly streams: Pool;
  /** Requests and streams in work. */
  pending = 0;
  breaker = new Breaker();
  /** The result of the last health checks. */
  isHealthy = true;
  readonly #checks: Pool;
  #failedChecks = 0;

  /** @param connections limit for requests; streams have no limit here, because the bulkhead limits them */
  constructor(origin: string, address: string | undefined, connections: number) {
    this.origin = origin;
    this.address = address;
    this.label = address === undefined ? origin : labelOf(origin, address);
    const options = {
      connectTimeout: CONNECT_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
      allowH2: false,
      // The gateway has its own deadline, which begins with the request.
      headersTimeout: 0,
      bodyTimeout: 0,
      ...(address !== undefined && { connect: { lookup: lookupOf(address) } }),
    };
    this.requests = new Pool(origin, { ...options, connections });
    this.streams = new Pool(origin, { ...options, connections: null });
    this.#checks = new Pool(origin, { ...options, connections: 1 });
  }

  /** Whether `/healthz` answers 200 in time. */
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

  /** Checks its health. An address that has recovered gets a new circuit breaker. */
  async check(): Promise<void> {
    this.#failedChecks = (await this.answers()) ? 0 : this.#failedChecks + 1;
    const isHealthy = this.#failedChecks < FAILED_CHECKS;
    if (isHealthy && !this.isHealthy) this.breaker = new Breaker();
    this.isHealthy = isHealthy;
  }

  /** Closes its connections after the requests in work. */
  async close(): Promise<void> {
    await Promise.all([this.requests.close(), this.streams.close(), this.#checks.destroy()]);
  }
}

function labelOf(origin: string, address: string): string {
  const { protocol, port } = new URL(origin);
  const host = isIP(address) === 6 ? `[${address}]` : address;
  return `${protocol}//${host}${port === '' ? '' : `:${port}`}`;
}

/** Connects to this address alone. The Host header and the certificate check use the name. */
function lookupOf(address: string): LookupFunction {
  const family = isIP(address);
  return (_name, options, done) => {
    if (options.all) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}
