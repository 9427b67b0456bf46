import { availableParallelism } from 'node:os';
import {
  duration,
  flag,
  hostNames,
  integer,
  oneOf,
  optional,
  parseEnv,
  port,
  secret,
  secretList,
  text,
  url,
  type Variables,
} from 'service-kit/config';
import {
  brokerUrls,
  brokerVariables,
  consumerTuning,
  consumerVariables,
  outboxVariables,
} from 'service-kit/messaging';
import { logLevels } from 'service-kit/logging';
import { z } from 'zod';
import { NewPassword } from './accounts/password-policy.ts';
import { Username } from './accounts/username.ts';

/** Of the variables that tune the consumer of reward requests. */
export const REWARD_REQUESTS_PREFIX = 'REWARD_REQUESTS';

const variables = {
  ROLE: oneOf(['http', 'worker', 'all'], 'all'),
  PORT: port(3001),
  HOST: text({ fallback: '127.0.0.1' }),
  ADMIN_PORT: port(3101),
  ADMIN_HOST: text({ fallback: '127.0.0.1' }),
  ADMIN_TOKEN: optional(secret({ min: 16 })),
  ADMIN_ALLOWED_HOSTS: hostNames('localhost'),
  LOG_LEVEL: oneOf(logLevels, 'info'),
  SHUTDOWN_TIMEOUT_MS: integer({ min: 100, max: 300_000, fallback: 10_000 }),
  MONGODB_URL: url({ protocols: ['mongodb', 'mongodb+srv'] }),
  MONGODB_DATABASE: text({ fallback: 'auth_db', max: 63, pattern: /^[A-Za-z0-9_-]+$/ }),
  REDIS_URL: url({ protocols: ['redis', 'rediss'] }),
  TUNING_FILE: optional(text()),
  GATEWAY_SIGNING_KEYS: secretList(),
  INTERNAL_KEYS: optional(secretList()),
  PUBLIC_URL: url({ protocols: ['http', 'https'] }),
  TOKEN_AUDIENCE: text({ fallback: 'laurel' }),
  AUTH_SECRET: secret(),
  ACCESS_TOKEN_TTL: atLeast('1s', duration('10m')),
  REFRESH_TOKEN_TTL: atLeast('1m', duration('30d')),
  LIMIT_WINDOW: atLeast('1s', duration('10m')),
  LOGIN_FAILURES_PER_ACCOUNT: integer({ min: 1, max: 1_000_000, fallback: 10 }),
  LOGIN_FAILURES_PER_ADDRESS: integer({ min: 1, max: 1_000_000, fallback: 300 }),
  NEW_ACCOUNTS_PER_ADDRESS: integer({ min: 1, max: 1_000_000, fallback: 60 }),
  NEW_PASSWORDS_PER_ACCOUNT: integer({ min: 1, max: 1_000_000, fallback: 20 }),
  NEW_SESSIONS_PER_ACCOUNT: integer({ min: 1, max: 1_000_000, fallback: 60 }),
  NEW_SESSIONS_PER_ADDRESS: integer({ min: 1, max: 1_000_000, fallback: 600 }),
  SESSIONS_PER_ACCOUNT: integer({ min: 1, max: 1_000, fallback: 20 }),
  SIGNING_KEY_LEAD: atLeast('2m', duration('10m')),
  CLIENT_SECRET_OVERLAP: duration('24h'),
  HASHING_CONCURRENCY: integer({ min: 1, max: 64, fallback: availableParallelism() }),
  HASHING_QUEUE_LIMIT: integer({ min: 0, max: 100_000, fallback: 256 }),
  JUDGING_CONCURRENCY: integer({ min: 1, max: 16, fallback: 1 }),
  JUDGING_QUEUE_LIMIT: integer({ min: 0, max: 100_000, fallback: 64 }),
  JUDGING_TIMEOUT: atLeast('10ms', duration('2s')),
  ALLOW_NEGATIVE_BALANCE: flag(false),
  ACCOUNT_RETENTION: atLeast('1s', duration('30d')),
  INBOX_RETENTION: atLeast('1d', duration('30d')),
  ...outboxVariables,
} satisfies Variables;

export type Config = ReturnType<typeof loadConfig>;

/**
 * Reads the environment; nothing else does.
 *
 * @throws {ConfigError} with all problems
 */
export function loadConfig(env: NodeJS.ProcessEnv) {
  const values = parseEnv(env, {
    ...variables,
    ...bootstrapVariables(env),
    ...brokerVariables(env),
    ...consumerVariables([REWARD_REQUESTS_PREFIX]),
  });
  const { BOOTSTRAP_ADMIN_USERNAME: username, BOOTSTRAP_ADMIN_PASSWORD: password } = values;
  return {
    role: values.ROLE,
    logLevel: values.LOG_LEVEL,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
    http: { host: values.HOST, port: values.PORT },
    admin: {
      host: values.ADMIN_HOST,
      port: values.ADMIN_PORT,
      token: values.ADMIN_TOKEN,
      allowedHosts: values.ADMIN_ALLOWED_HOSTS,
    },
    mongo: { url: values.MONGODB_URL, database: values.MONGODB_DATABASE },
    redisUrl: values.REDIS_URL,
    rabbitmq: { urls: brokerUrls(values) },
    identity: { keys: values.GATEWAY_SIGNING_KEYS, internalKeys: values.INTERNAL_KEYS ?? [] },
    tokens: {
      issuer: values.PUBLIC_URL,
      audience: values.TOKEN_AUDIENCE,
      secret: values.AUTH_SECRET,
      accessTtlMs: values.ACCESS_TOKEN_TTL,
      refreshTtlMs: values.REFRESH_TOKEN_TTL,
      keyLeadMs: values.SIGNING_KEY_LEAD,
    },
    limits: {
      windowMs: values.LIMIT_WINDOW,
      loginFailuresPerAccount: values.LOGIN_FAILURES_PER_ACCOUNT,
      loginFailuresPerAddress: values.LOGIN_FAILURES_PER_ADDRESS,
      newAccountsPerAddress: values.NEW_ACCOUNTS_PER_ADDRESS,
      newPasswordsPerAccount: values.NEW_PASSWORDS_PER_ACCOUNT,
      newSessionsPerAccount: values.NEW_SESSIONS_PER_ACCOUNT,
      newSessionsPerAddress: values.NEW_SESSIONS_PER_ADDRESS,
    },
    sessions: { perAccount: values.SESSIONS_PER_ACCOUNT },
    clients: { secretOverlapMs: values.CLIENT_SECRET_OVERLAP },
    hashing: { concurrency: values.HASHING_CONCURRENCY, queueLimit: values.HASHING_QUEUE_LIMIT },
    judging: {
      concurrency: values.JUDGING_CONCURRENCY,
      queueLimit: values.JUDGING_QUEUE_LIMIT,
      timeoutMs: values.JUDGING_TIMEOUT,
    },
    bootstrapAdmin: username !== undefined && password !== undefined ? { username, password } : undefined,
    entitlements: { allowNegativeBalance: values.ALLOW_NEGATIVE_BALANCE },
    rewardRequests: consumerTuning(values, REWARD_REQUESTS_PREFIX),
    outbox: {
      batch: values.OUTBOX_BATCH,
      window: values.OUTBOX_WINDOW,
      leaseMs: values.OUTBOX_LEASE_MS,
    },
    accounts: { retentionMs: values.ACCOUNT_RETENTION },
    inboxRetentionMs: values.INBOX_RETENTION,
    tuningFile: values.TUNING_FILE === undefined ? undefined : { path: values.TUNING_FILE, env },
  };
}

/**
 * Reads what commands need that use the store alone.
 *
 * @throws {ConfigError} with all problems
 */
export function loadStoreConfig(env: NodeJS.ProcessEnv): Pick<Config, 'mongo' | 'logLevel'> {
  const { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL } = variables;
  return storeConfigOf(parseEnv(env, { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL }));
}

/**
 * Reads what it takes to verify the audit trail.
 *
 * @throws {ConfigError} with all problems
 */
export function loadAuditConfig(
  env: NodeJS.ProcessEnv,
): Pick<Config, 'mongo' | 'logLevel'> & { secret: string } {
  const { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL, AUTH_SECRET } = variables;
  const values = parseEnv(env, { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL, AUTH_SECRET });
  return { ...storeConfigOf(values), secret: values.AUTH_SECRET };
}

function storeConfigOf(values: {
  MONGODB_URL: string;
  MONGODB_DATABASE: string;
  LOG_LEVEL: Config['logLevel'];
}): Pick<Config, 'mongo' | 'logLevel'> {
  const { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL } = values;
  return { mongo: { url: MONGODB_URL, database: MONGODB_DATABASE }, logLevel: LOG_LEVEL };
}

/** Both or neither; where they are set, the rules are those of every account. A weak password is refused at the start. */
function bootstrapVariables(env: NodeJS.ProcessEnv) {
  const username = env['BOOTSTRAP_ADMIN_USERNAME']?.trim() ?? '';
  const password = env['BOOTSTRAP_ADMIN_PASSWORD']?.trim() ?? '';
  const present = z.string('is missing; it goes with the other BOOTSTRAP_ADMIN_ variable');
  const isAsked = username !== '' || password !== '';
  return {
    BOOTSTRAP_ADMIN_USERNAME: isAsked ? present.pipe(Username) : z.undefined(),
    BOOTSTRAP_ADMIN_PASSWORD: isAsked ? present.pipe(NewPassword) : z.undefined(),
  };
}

function atLeast(shortest: string, variable: ReturnType<typeof duration>): typeof variable {
  const least = duration(shortest).parse(undefined);
  return variable.refine((ms) => ms >= least, `must be at least ${shortest}`);
}
