import { Counter, type Registry } from '@prometheus-io/client';
import { createHash, timingSafeEqual } from 'node:crypto';
import { isIPv4 } from 'node:net';
import { z } from 'zod';
import { canonicalReceivedHost } from '../config/canonical-host.ts';
import { createApp } from '../http/create-app.ts';
import { DomainError } from '../http/domain-error.ts';
import { defineEndpoint, type Endpoint } from '../http/endpoint.ts';
import { readinessEndpoint } from '../http/health-endpoints.ts';
import { createHttpServer, type HttpServer } from '../http/http-server.ts';
import { reply } from '../http/send.ts';
import type { Logger } from '../logging/index.ts';
import type { Readiness } from '../lifecycle/readiness.ts';

export interface AdminServerOptions {
  /** Use loopback or a private network: reading needs no login. */
  host: string;
  port: number;
  readiness: Readiness;
  metrics: Registry;
  logger: Logger;
  /**
   * Host names that are served besides IP addresses, in the form of `canonicalHost`. Default `localhost`. A web page can
   * resolve its own name to this port (DNS rebinding), and must not read anything.
   */
  allowedHosts?: ReadonlySet<string>;
  /** Needed for every change. Without a token nothing can be changed. */
  token?: string | undefined;
  /** Controls of the service, all with `access: 'unsigned'`: the port checks its own token. */
  endpoints?: readonly Endpoint[];
}

/** Serves `/healthz`, `/readyz` with each check, `/metrics` and the service's controls on a separate port. */
export function createAdminServer(options: AdminServerOptions): HttpServer {
  const { host, port, readiness, metrics, logger, token, endpoints = [] } = options;
  const { allowedHosts = new Set(['localhost']) } = options;
  const misdirected = new Counter({
    name: 'admin_misdirected_requests_total',
    help: 'Requests to the admin port under a host name that is not its own',
    registers: [metrics],
  });
  const app = createApp({
    service: 'admin',
    servesHost: (name) => {
      const serves = isOwnHost(name, allowedHosts);
      if (!serves) misdirected.inc();
      return serves;
    },
    problems: { read_only: { status: 403, title: 'Changes are switched off' } },
    logger,
    endpoints: [
      readinessEndpoint(readiness, { withChecks: true }),
      metricsEndpoint(metrics),
      ...endpoints.map((endpoint) => guarded(endpoint, token)),
    ],
  });
  return createHttpServer({
    app,
    host,
    port,
    logger,
    metrics,
    name: 'admin',
    acceptGraceMs: 0,
    idleGraceMs: 0,
  });
}

/** An IP address cannot be rebound. Old probes send no host; browsers always send one. */
function isOwnHost(header: string | undefined, allowed: ReadonlySet<string>): boolean {
  if (header === undefined) return true;
  const host = canonicalReceivedHost(header);
  return host !== undefined && (host.startsWith('[') || isIPv4(host) || allowed.has(host));
}

function metricsEndpoint(metrics: Registry): Endpoint {
  return defineEndpoint({
    method: 'GET',
    path: '/metrics',
    operationId: 'getMetrics',
    summary: 'Metrics in the Prometheus text format',
    tag: 'metrics',
    access: 'unsigned',
    quiet: true,
    responses: { 200: { description: 'All metrics', body: z.instanceof(Uint8Array) } },
    handle: async () => {
      const text = await metrics.metrics();
      return reply(200, Buffer.from(text), { 'content-type': metrics.contentType });
    },
  });
}

/** Reading is open, because the port is not public. A change needs the token. */
function guarded(endpoint: Endpoint, token: string | undefined): Endpoint {
  if (endpoint.method === 'GET') return endpoint;
  return {
    ...endpoint,
    handle: async (input) => {
      if (token === undefined) throw new DomainError('read_only', 'ADMIN_TOKEN is not set');
      if (!isSame(input.request.headers.authorization ?? '', `Bearer ${token}`)) {
        throw new DomainError('unauthenticated', 'A change needs the admin token');
      }
      return endpoint.handle(input);
    },
  };
}

/** Compares hashes, because only texts of equal length can be compared in constant time. */
function isSame(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected));
}
