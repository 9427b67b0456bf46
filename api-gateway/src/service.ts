import cluster from 'node:cluster';
import { Counter, type Registry } from '@prometheus-io/client';
import {
  createAdminServer,
  createMetrics,
  createReadiness,
  type Readiness,
  type ReadinessCheck,
} from 'service-kit/admin';
import { ConfigError } from 'service-kit/config';
import { createHttpServer, type HttpServer } from 'service-kit/http';
import { createLifecycle, type Service } from 'service-kit/lifecycle';
import { createLogger, type Logger } from 'service-kit/logging';
import { connectRedis } from 'service-kit/redis';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createApiDocuments } from './docs/api-documents.ts';
import { packageVersion } from './docs/package-version.ts';
import { createClientAddress, createTrustedPeer } from './identity/client-address.ts';
import { createJwksCache } from './identity/jwks-cache.ts';
import { createRevocations } from './identity/revocations.ts';
import { createTokenVerifier } from './identity/token-verifier.ts';
import { createConnectionLimit } from './limits/connection-limit.ts';
import { createRateLimits } from './limits/rate-limits.ts';
import { createPages } from './pages.ts';
import { createCrossOrigin } from './proxy/cross-origin.ts';
import { createEdge } from './proxy/edge.ts';
import { createOpenStreams } from './proxy/open-streams.ts';
import { createRequestMetrics } from './proxy/request-metrics.ts';
import { apiSecurityHeaders } from './proxy/security-headers.ts';
import { createServiceReader } from './proxy/service-reader.ts';
import { observeUpstreams } from './proxy/upstream-metrics.ts';
import type { Resolve } from './proxy/upstream-service.ts';
import { createUpstreams, type Upstreams } from './proxy/upstreams.ts';
import { createMessageContracts, type MessageContracts } from './publish/message-contracts.ts';
import { createPublishing } from './publish/publishing.ts';
import { type LiveRouteTable, loadLiveRouteTable } from './routing/live-route-table.ts';
import type { Route } from './routing/route.ts';
import { RoutesFileError } from './routing/routes-file.ts';

export const NAME = 'api-gateway';
// Of the time for a stop: what clients get to leave in, and services and the broker to be left.
const STOP_RESERVE_MS = 2_500;

export interface Gateway extends Service {
  http: HttpServer;
  admin: HttpServer;
  readiness: Readiness;
  metrics: Registry;
}

/** What a test may put in the place of the real thing. */
export interface Overrides {
  logger?: Logger;
  now?: () => number;
  resolve?: Resolve;
}

export async function buildService(config: Config, overrides: Overrides = {}): Promise<Gateway> {
  const { now = Date.now, logger = createLogger({ service: NAME, level: config.logLevel }) } = overrides;
  const { shutdownTimeoutMs, signingKeys } = config;
  const registry = createMetrics(NAME);
  const upstreams = createUpstreams({
    ...config.forwarding,
    origins: config.upstreams,
    resolve: overrides.resolve,
    logger,
  });
  const reader = createServiceReader();
  const contracts = createMessageContracts();
  const redis = config.redisUrl ? connectRedis({ url: config.redisUrl, name: NAME, logger }) : undefined;

  const routes = await loadRoutes(config, contracts, logger);
  const jwks = createJwksCache({ fetchKeySet: () => reader.fetchJson(config.jwksUrl), now, logger });
  const { brokerUrls, publicHosts } = config;
  const revocations = createRevocations({
    ...config.revocations,
    brokerUrls,
    now,
    logger,
    metrics: registry,
  });
  const publishing = createPublishing({
    brokerUrls,
    contracts,
    mostBytes: config.publishBytesInFlight,
    now,
    logger,
    metrics: registry,
  });
  const tokens = createTokenVerifier({ jwks, revocations, rules: config.token, now });
  const documents = createApiDocuments({
    routes,
    fetchDocument: (targetEnv) => reader.fetchJson(`${originOf(upstreams, targetEnv)}/openapi.json`),
    contracts,
    version: packageVersion(),
    refreshMs: config.docsRefreshMs,
    logger,
  });

  const readiness = createReadiness({
    keys: async () => {
      if (!jwks.loaded()) throw new Error('no key set has been loaded');
    },
    revocations: revocations.check,
    ...publishing.checks,
    ...(redis && { redis: () => redis.ping().catch(() => ({ degraded: 'Redis is away' })) }),
    ...Object.fromEntries(
      [...config.upstreams.values()].flat().map((origin) => [origin, degradedBy(upstreams, origin)]),
    ),
  });
  const metrics = createRequestMetrics(registry);
  observeUpstreams(registry, upstreams);
  const streams = createOpenStreams({ holds: (token) => tokens.holds(token), metrics: registry });
  const rateLimits = createRateLimits(redis?.client, registry);
  const crossOrigin = createCrossOrigin(apiSecurityHeaders(), config.corsOrigins);
  const edge = createEdge({
    routes,
    tokens,
    rateLimits,
    crossOrigin,
    publish: publishing.publish,
    upstreams,
    streams,
    signingKeys,
    now,
    logger,
  });
  const pages = createPages({ readiness, documents });
  const clientAddress = createClientAddress(config.trustProxy, (peer) =>
    logger.warn('X-Forwarded-For ignored because TRUST_PROXY is not set: all clients count as one address', {
      peer,
    }),
  );
  const app = createApp({ pages, edge, routes, clientAddress, crossOrigin, publicHosts, metrics, logger });

  const refusedConnections = new Counter({
    name: 'gateway_refused_connections_total',
    help: 'Connections refused because their address had CONNECTIONS_PER_ADDRESS open',
    registers: [registry],
  });
  const admits = createConnectionLimit({
    onRefused: () => refusedConnections.inc(),
    limit: config.connectionsPerAddress,
    isTrusted: createTrustedPeer(config.trustProxy),
  });
  const http = createHttpServer({
    app: app.listener,
    upgrades: app.upgrades,
    ...config.http,
    acceptGraceMs: config.acceptGraceMs,
    finishWithinMs: Math.max(shutdownTimeoutMs - config.acceptGraceMs - STOP_RESERVE_MS, 0),
    admits,
    logger,
    metrics: registry,
  });
  const admin = createAdminServer({ ...config.admin, readiness, metrics: registry, logger });
  const components = [
    // Of workers the primary has one for all.
    cluster.isWorker ? undefined : admin,
    reader.component,
    redis,
    ...publishing.components,
    ...upstreams.components,
    routes.component,
    jwks.component,
    ...revocations.components,
    documents.component,
    http,
    streams.component,
  ].filter((each) => each !== undefined);
  return {
    logger,
    http,
    admin,
    readiness,
    metrics: registry,
    lifecycle: createLifecycle({ logger, shutdownTimeoutMs, readiness, components }),
  };
}

/** @throws ConfigError for a table that cannot be served */
export function loadRoutes(
  config: Pick<Config, 'routesFile' | 'upstreams' | 'rateLimitScale'>,
  contracts: MessageContracts,
  logger: Logger,
): Promise<LiveRouteTable> {
  return loadLiveRouteTable({
    file: config.routesFile,
    requires: (route) => obstacleTo(route, contracts, config),
    rateLimitScale: config.rateLimitScale,
    logger,
  }).catch(asConfigError);
}

/** One service that is away takes its own routes with it and no others, so the gateway stays ready. */
function degradedBy(upstreams: Upstreams, origin: string): ReadinessCheck {
  return async () => {
    const trouble = await upstreams.troubleAt(origin);
    return trouble === undefined ? undefined : { degraded: trouble };
  };
}

/** Where a service is asked about itself: an address that is well, if there is one. */
function originOf(upstreams: Upstreams, targetEnv: string): string | undefined {
  const members = upstreams.service(targetEnv).members();
  return (members.find(({ isHealthy }) => isHealthy) ?? members[0])?.origin;
}

/** What keeps an entry of the routing table from being served here. */
function obstacleTo(
  route: Route,
  contracts: MessageContracts,
  { upstreams }: Pick<Config, 'upstreams'>,
): string | undefined {
  if (route.publish) return contracts.problemOf(route.publish.schema);
  return upstreams.has(route.targetEnv) ? undefined : `${route.targetEnv} is not set`;
}

function asConfigError(error: unknown): never {
  if (!(error instanceof RoutesFileError)) throw error;
  throw new ConfigError(error.problems.map((rule) => ({ variable: 'ROUTES_FILE', rule })));
}
