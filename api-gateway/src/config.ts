import { fileURLToPath } from 'node:url';
import {
  ConfigError,
  duration,
  hostNames,
  integer,
  oneOf,
  optional,
  parseEnv,
  port,
  positiveNumber,
  scopedSecretList,
  secret,
  secretList,
  text,
  url,
} from 'service-kit/config';
import type { SigningKey } from 'service-kit/identity';
import { brokerUrls, brokerVariables } from 'service-kit/messaging';
import { z } from 'zod';
import { parseTrustProxy, type TrustProxy } from './identity/client-address.ts';
import type { AllowedOrigins } from './http/cross-origin.ts';
import { serviceOf } from './routing/route.ts';

export type Config = ReturnType<typeof loadConfig>;

const SERVICE_URL = /^[A-Z][A-Z0-9_]*_SERVICE_URL$/;
const DEFAULT_ROUTES_FILE = fileURLToPath(new URL('../routes.yaml', import.meta.url));

const ORIGINS_RULE = 'one or more addresses like http://127.0.0.1:3001, separated by commas';
const origins = z
  .string({ error: `is missing; it must be ${ORIGINS_RULE}` })
  .transform((list, context): string[] => {
    const urls = list
      .split(',')
      .map((each) => (URL.canParse(each.trim()) ? new URL(each.trim()) : undefined));
    const origins = urls.flatMap((each) => (each && isOrigin(each) ? [each.origin] : []));
    if (origins.length === urls.length) return origins;
    context.addIssue({ code: 'custom', message: `must be ${ORIGINS_RULE}` });
    return z.NEVER;
  });

const trustedHops = z.string().transform((value, context): TrustProxy => {
  const trust = parseTrustProxy(value);
  if (trust) return trust;
  const message = 'must be a number of hops, or addresses and networks separated by commas';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const ORIGIN_RULE = 'must be "*", or origins like https://game.example.org separated by commas';
const allowedOrigins = z.string().transform((value, context): AllowedOrigins => {
  if (value.trim() === '*') return '*';
  const origins = value.split(',').map((each) => each.trim());
  if (origins.every((each) => URL.canParse(each) && new URL(each).origin === each)) return origins;
  context.addIssue({ code: 'custom', message: ORIGIN_RULE });
  return z.NEVER;
});

// More than a minute would delay revocations that the broker did not deliver.
const refresh = duration('5s').refine((ms) => ms >= 100 && ms <= 60_000, 'must be from 100ms to 1m');

const rateLimitScale = positiveNumber({ max: 1_000_000, fallback: 1 });

/** The only reader of the environment. Every `…_SERVICE_URL` is an upstream that routes may name. */
export function loadConfig(env: NodeJS.ProcessEnv) {
  const others = Object.keys(env).filter((name) => SERVICE_URL.test(name) && !!env[name]);
  const names = new Set(['AUTH_SERVICE_URL', 'GAME_EVENT_SERVICE_URL', ...others]);
  const broker = brokerVariables(env);
  const settings = parseEnv(env, {
    ...Object.fromEntries([...names].map((name) => [name, origins])),
    HOST: text({ fallback: '127.0.0.1' }),
    PORT: port(3000),
    ADMIN_HOST: text({ fallback: '127.0.0.1' }),
    ADMIN_PORT: port(3100),
    ADMIN_TOKEN: optional(secret({ min: 16 })),
    ADMIN_ALLOWED_HOSTS: hostNames('localhost'),
    LOG_LEVEL: oneOf(['error', 'warn', 'info', 'debug'], 'info'),
    SHUTDOWN_TIMEOUT_MS: integer({ min: 0, max: 600_000, fallback: 10_000 }),
    ACCEPT_GRACE_MS: integer({ min: 0, max: 60_000, fallback: 100 }),
    WORKERS: integer({ min: 1, max: 256, fallback: 1 }),
    ROUTES_FILE: text({ fallback: DEFAULT_ROUTES_FILE }),
    GATEWAY_SIGNING_KEYS: scopedSecretList(),
    TOKEN_ISSUER: url({ protocols: ['http', 'https'] }),
    TOKEN_AUDIENCE: text({ fallback: 'laurel' }),
    ACCESS_TOKEN_TTL: duration('10m'),
    INTERNAL_KEYS: optional(secretList()),
    RABBITMQ_URLS: broker.RABBITMQ_URLS,
    RABBITMQ_URL: optional(broker.RABBITMQ_URL),
    REVOCATIONS_REFRESH: refresh,
    REVOCATIONS_LIMIT: integer({ min: 10, max: 10_000_000, fallback: 1_000_000 }),
    JWKS_URL: optional(url({ protocols: ['http', 'https'] })),
    TRUST_PROXY: trustedHops.optional(),
    DOCS_REFRESH: duration('1m'),
    REDIS_URL: optional(url({ protocols: ['redis', 'rediss'] })),
    RATE_LIMIT_SCALE: rateLimitScale,
    CONNECTIONS_PER_ADDRESS: integer({ min: 1, max: 1_000_000, fallback: 512 }),
    HEADERS_TIMEOUT: duration('60s').refine((ms) => ms >= 100, 'must be 100ms or more'),
    BODY_TIMEOUT: duration('20s').refine((ms) => ms >= 100, 'must be 100ms or more'),
    PUBLISH_BYTES_IN_FLIGHT: integer({ min: 1, max: 2 ** 32, fallback: 64 * 1024 * 1024 }),
    PUBLIC_HOSTS: optional(hostNames()),
    CORS_ORIGINS: allowedOrigins.optional(),
    UPSTREAM_CONCURRENCY: integer({ min: 1, max: 100_000, fallback: 1_024 }),
    UPSTREAM_STREAMS: integer({ min: 1, max: 1_000_000, fallback: 10_000 }),
    UPSTREAM_PERCENT_PER_ADDRESS: integer({ min: 1, max: 100, fallback: 50 }),
    HEALTH_CHECK_INTERVAL: duration('2s'),
    DNS_REFRESH: duration('5s'),
  });
  const upstreams = new Map([...names].map((name) => [name, origins.parse(env[name])]));
  const signingKeys = new Map<string, SigningKey>();
  for (const { scope, id, secret } of settings.GATEWAY_SIGNING_KEYS) {
    if (!signingKeys.has(scope)) signingKeys.set(scope, { id, secret });
  }
  const problems = [...names]
    .filter((name) => !signingKeys.has(serviceOf(name)))
    .map((name) => ({
      variable: 'GATEWAY_SIGNING_KEYS',
      rule: `must hold a key for ${serviceOf(name)}, because ${name} is set`,
    }));
  if (problems.length > 0) throw new ConfigError(problems);

  return {
    http: {
      host: settings.HOST,
      port: settings.PORT,
      headersTimeoutMs: settings.HEADERS_TIMEOUT,
      bodyTimeoutMs: settings.BODY_TIMEOUT,
    },
    admin: {
      host: settings.ADMIN_HOST,
      port: settings.ADMIN_PORT,
      token: settings.ADMIN_TOKEN,
      allowedHosts: settings.ADMIN_ALLOWED_HOSTS,
    },
    logLevel: settings.LOG_LEVEL,
    shutdownTimeoutMs: settings.SHUTDOWN_TIMEOUT_MS,
    acceptGraceMs: settings.ACCEPT_GRACE_MS,
    workers: settings.WORKERS,
    routesFile: settings.ROUTES_FILE,
    upstreams,
    signingKeys,
    token: {
      issuer: settings.TOKEN_ISSUER,
      audience: settings.TOKEN_AUDIENCE,
      maxLifeMs: settings.ACCESS_TOKEN_TTL,
    },
    rabbitmq: settings.RABBITMQ_URLS || settings.RABBITMQ_URL ? { urls: brokerUrls(settings) } : undefined,
    redisUrl: settings.REDIS_URL,
    rateLimitScale: settings.RATE_LIMIT_SCALE,
    connectionsPerAddress: settings.CONNECTIONS_PER_ADDRESS,
    publishBytesInFlight: settings.PUBLISH_BYTES_IN_FLIGHT,
    publicHosts: settings.PUBLIC_HOSTS,
    corsOrigins: settings.CORS_ORIGINS,
    revocations: {
      internalKey: settings.INTERNAL_KEYS?.[0],
      origins: upstreams.get('AUTH_SERVICE_URL') ?? [],
      refreshMs: settings.REVOCATIONS_REFRESH,
      tokenLifeMs: settings.ACCESS_TOKEN_TTL,
      limit: settings.REVOCATIONS_LIMIT,
    },
    jwksUrl: settings.JWKS_URL ?? `${upstreams.get('AUTH_SERVICE_URL')?.[0]}/.well-known/jwks.json`,
    trustProxy: settings.TRUST_PROXY,
    docsRefreshMs: settings.DOCS_REFRESH,
    forwarding: {
      concurrency: settings.UPSTREAM_CONCURRENCY,
      mostStreams: settings.UPSTREAM_STREAMS,
      share: settings.UPSTREAM_PERCENT_PER_ADDRESS / 100,
      checkMs: settings.HEALTH_CHECK_INTERVAL,
      dnsRefreshMs: settings.DNS_REFRESH,
    },
  };
}

/** For `check-routes`, which needs no other setting. */
export function routesFileOf(env: NodeJS.ProcessEnv): string {
  return env['ROUTES_FILE']?.trim() || DEFAULT_ROUTES_FILE;
}

/** @throws ConfigError */
export function rateLimitScaleOf(env: NodeJS.ProcessEnv): number {
  return parseEnv(env, { RATE_LIMIT_SCALE: rateLimitScale }).RATE_LIMIT_SCALE;
}

function isOrigin({ protocol, username, pathname, search, hash }: URL): boolean {
  return /^https?:$/.test(protocol) && username === '' && pathname === '/' && search === '' && hash === '';
}
