import { createAdminServer, createMetrics, createReadiness, type ReadinessCheck } from 'service-kit/admin';
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
import { createRequestMetrics } from './proxy/request-metrics.ts';
import { apiSecurityHeaders } from './proxy/security-headers.ts';
import { createServiceReader, type ServiceReader } from './proxy/service-reader.ts';
import { createUpstreams } from './proxy/upstreams.ts';
import { createMessageContracts, type MessageContracts } from './publish/message-contracts.ts';
import { createPublishing } from './publish/publishing.ts';
import { loadLiveRouteTable } from './routing/live-route-table.ts';
import type { Route } from './routing/route.ts';
import { RoutesFileError } from './routing/routes-file.ts';

const NAME = 'api-gateway';

export interface Gateway extends Service {
  http: HttpServer;
  admin: HttpServer;
}

/** What a test may put in the place of the real thing. */
export interface Overrides {
  logger?: Logger;
  now?: () => number;
}

export async function buildService(config: Config, overrides: Overrides = {}): Promise<Gateway> {
  const { now = Date.now, logger = createLogger({ service: NAME, level: config.logLevel }) } = overrides;
  const { shutdownTimeoutMs, signingKeys, routesFile } = config;
  const registry = createMetrics(NAME);
  const upstreams = createUpstreams(config.upstreams);
  const reader = createServiceReader();
  const contracts = createMessageContracts();
  const redis = config.redisUrl ? connectRedis({ url: config.redisUrl, name: NAME, logger }) : undefined;

  const routes = await loadLiveRouteTable({
    file: routesFile,
    requires: (route) => obstacleTo(route, contracts, config),
    logger,
  }).catch(asConfigError);
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
    fetchDocument: (targetEnv) => reader.fetchJson(`${upstreams.pick(targetEnv)?.origin}/openapi.json`),
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
    ...Object.fromEntries(upstreams.all().map(({ origin }) => [origin, degradedUnless(reader, origin)])),
  });
  const metrics = createRequestMetrics(registry, () =>
    upstreams.all().map(({ origin, pending }) => [origin, pending]),
  );
  const rateLimits = createRateLimits(redis?.client);
  const crossOrigin = createCrossOrigin(apiSecurityHeaders(), config.corsOrigins);
  const edge = createEdge({
    routes,
    tokens,
    rateLimits,
    crossOrigin,
    publish: publishing.publish,
    upstreams,
    signingKeys,
    now,
    logger,
  });
  const pages = createPages({ readiness, documents });
  const clientAddress = createClientAddress(config.trustProxy);
  const app = createApp({ pages, edge, clientAddress, crossOrigin, publicHosts, metrics, logger });

  const admits = createConnectionLimit({
    limit: config.connectionsPerAddress,
    isTrusted: createTrustedPeer(config.trustProxy),
  });
  const http = createHttpServer({ app, ...config.http, admits, logger });
  const admin = createAdminServer({ ...config.admin, readiness, metrics: registry, logger });
  const components = [
    admin,
    reader.component,
    redis,
    ...publishing.components,
    upstreams.component,
    routes.component,
    jwks.component,
    ...revocations.components,
    documents.component,
    http,
  ].filter((each) => each !== undefined);
  return {
    logger,
    http,
    admin,
    lifecycle: createLifecycle({ logger, shutdownTimeoutMs, readiness, components }),
  };
}

/** One service that is away takes its own routes with it and no others, so the gateway stays ready. */
function degradedUnless(reader: ServiceReader, origin: string): ReadinessCheck {
  return async () => ((await reader.isReachable(origin)) ? undefined : { degraded: 'not reachable' });
}

/** What keeps an entry of the routing table from being served here. */
function obstacleTo(route: Route, contracts: MessageContracts, { upstreams }: Config): string | undefined {
  if (route.publish) return contracts.problemOf(route.publish.schema);
  return upstreams.has(route.targetEnv) ? undefined : `${route.targetEnv} is not set`;
}

function asConfigError(error: unknown): never {
  if (!(error instanceof RoutesFileError)) throw error;
  throw new ConfigError(error.problems.map((rule) => ({ variable: 'ROUTES_FILE', rule })));
}
