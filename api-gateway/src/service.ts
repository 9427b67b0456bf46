import cluster from 'node:cluster';
import type { Registry } from '@prometheus-io/client';
import { createAdminServer, createMetrics, createReadiness, type Readiness } from 'service-kit/admin';
import { ConfigError } from 'service-kit/config';
import { createHttpServer, type HttpServer } from 'service-kit/http';
import { createLifecycle, type Service } from 'service-kit/lifecycle';
import { createLogger, type Logger } from 'service-kit/logging';
import { connectRedis } from 'service-kit/redis';
import { createApp } from './app.ts';
import type { Config } from './config.ts';
import { createApiDocuments } from './docs/api-documents.ts';
import { packageVersion } from './docs/gateway-document.ts';
import { createOpenStreams } from './forwarding/open-streams.ts';
import { createCrossOrigin } from './http/cross-origin.ts';
import { apiSecurityHeaders } from './http/security-headers.ts';
import { createClientAddress, createTrustedPeer } from './identity/client-address.ts';
import { createJwksCache } from './identity/jwks-cache.ts';
import { createRevocations } from './identity/revocations.ts';
import { createTokenVerifier } from './identity/token-verifier.ts';
import { createConnectionLimit } from './limits/connection-limit.ts';
import { createRateLimits } from './limits/rate-limits.ts';
import { createOwnEndpoints } from './own-endpoints.ts';
import { createMessageContracts, type MessageContracts } from './publish/message-contracts.ts';
import { createPublishing } from './publish/publishing.ts';
import { createRequestMetrics } from './requests/request-metrics.ts';
import { type LiveRouteTable, loadLiveRouteTable } from './routing/live-route-table.ts';
import type { Route } from './routing/route.ts';
import { RoutesFileError } from './routing/routes-file.ts';
import { createServeRequest } from './serve-request.ts';
import { createServiceReader } from './upstreams/service-reader.ts';
import { observeUpstreams } from './upstreams/upstream-metrics.ts';
import type { Resolve } from './upstreams/upstream-service.ts';
import { createUpstreams } from './upstreams/upstreams.ts';

export const NAME = 'api-gateway';
/** The part of the shutdown time that is kept for closing streams, services, Redis and the broker. */
const STOP_RESERVE_MS = 2_500;

export interface Gateway extends Service {
  http: HttpServer;
  admin: HttpServer;
  readiness: Readiness;
  metrics: Registry;
}

/** What tests replace. `now` is the only clock: unix milliseconds, because every request reads it several times. */
export interface Overrides {
  logger?: Logger;
  now?: () => number;
  resolve?: Resolve;
}

export async function buildService(config: Config, overrides: Overrides = {}): Promise<Gateway> {
  const { now = Date.now, logger = createLogger({ service: NAME, level: config.logLevel }) } = overrides;
  const { shutdownTimeoutMs, acceptGraceMs } = config;
  const brokerUrls = config.rabbitmq?.urls;
  const metrics = createMetrics(NAME);
  const redis = config.redisUrl ? connectRedis({ url: config.redisUrl, name: NAME, logger }) : undefined;

  // Routes, and the services that they lead to
  const contracts = createMessageContracts();
  const routes = await loadRoutes(config, contracts, logger);
  const upstreams = createUpstreams({
    origins: config.upstreams,
    settings: config.forwarding,
    resolve: overrides.resolve,
    logger,
  });
  observeUpstreams(metrics, upstreams);
  const reader = createServiceReader();

  // Tokens
  const jwks = createJwksCache({ fetchKeySet: () => reader.fetchJson(config.jwksUrl), now, logger });
  const revocations = createRevocations({ settings: config.revocations, brokerUrls, now, logger, metrics });
  const tokens = createTokenVerifier({ jwks, revocations, rules: config.token, now });
  const streams = createOpenStreams({ holds: (token) => tokens.holds(token), metrics });

  // Limits
  const rateLimits = createRateLimits(redis?.client, metrics);
  const admits = createConnectionLimit({
    limit: config.connectionsPerAddress,
    isTrusted: createTrustedPeer(config.trustProxy),
    metrics,
  });

  // Requests
  const publishing = createPublishing({
    brokerUrls,
    contracts,
    maxBytes: config.publishBytesInFlight,
    now,
    logger,
    metrics,
  });
  const documents = createApiDocuments({
    routes,
    fetchDocument: (targetEnv) => reader.fetchJson(`${upstreams.originOf(targetEnv)}/openapi.json`),
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
    ...(redis && { redis: () => redis.ping().catch(() => ({ degraded: 'Redis unavailable' })) }),
    ...upstreams.checks,
  });
  const crossOrigin = createCrossOrigin(apiSecurityHeaders(), config.corsOrigins);
  const serveRequest = createServeRequest({
    routes,
    tokens,
    rateLimits,
    crossOrigin,
    publish: publishing.publish,
    upstreams,
    streams,
    signingKeys: config.signingKeys,
    now,
    logger,
  });
  const app = createApp({
    ownEndpoints: createOwnEndpoints({ readiness, documents }),
    serveRequest,
    routes,
    clientAddress: createClientAddress(config.trustProxy, (peer) =>
      logger.warn(
        'X-Forwarded-For ignored because TRUST_PROXY is not set: all clients count as one address',
        { peer },
      ),
    ),
    crossOrigin,
    publicHosts: config.publicHosts,
    metrics: createRequestMetrics(metrics),
    logger,
  });

  // Servers
  const http = createHttpServer({
    app: app.listener,
    upgrades: app.upgrades,
    host: config.http.host,
    port: config.http.port,
    headersTimeoutMs: config.http.headersTimeoutMs,
    bodyTimeoutMs: config.http.bodyTimeoutMs,
    acceptGraceMs,
    finishWithinMs: Math.max(shutdownTimeoutMs - acceptGraceMs - STOP_RESERVE_MS, 0),
    admits,
    logger,
    metrics,
  });
  const { host, port, token, allowedHosts } = config.admin;
  const admin = createAdminServer({ host, port, token, allowedHosts, readiness, metrics, logger });
  // Started in this order, stopped in the opposite one.
  const components = [
    // With several workers the primary process has the admin server.
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
  const lifecycle = createLifecycle({ logger, shutdownTimeoutMs, readiness, components });
  return { logger, http, admin, readiness, metrics, lifecycle };
}

/** @throws ConfigError with every problem of the routes file */
export function loadRoutes(
  config: Pick<Config, 'routesFile' | 'upstreams' | 'rateLimitScale'>,
  contracts: MessageContracts,
  logger: Logger,
): Promise<LiveRouteTable> {
  /** What is missing for a route to be served here. */
  function problemOf(route: Route): string | undefined {
    if (route.publish) return contracts.problemOf(route.publish.schema);
    return config.upstreams.has(route.targetEnv) ? undefined : `${route.targetEnv} is not set`;
  }

  return loadLiveRouteTable({
    file: config.routesFile,
    problemOf,
    rateLimitScale: config.rateLimitScale,
    logger,
  }).catch(asConfigError);
}

function asConfigError(error: unknown): never {
  if (!(error instanceof RoutesFileError)) throw error;
  throw new ConfigError(error.problems.map((rule) => ({ variable: 'ROUTES_FILE', rule })));
}
