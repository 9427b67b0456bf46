import {
  duration,
  hostNames,
  integer,
  oneOf,
  optional,
  port,
  secret,
  secretList,
  text,
  url,
} from '../config/index.ts';
import { logLevels } from '../logging/index.ts';
import { brokerUrls, brokerVariables, outboxVariables } from '../messaging/index.ts';

/** What `platformConfig` makes of the variables. */
export type PlatformConfig = ReturnType<typeof platformConfig>;

export interface PlatformDefaults {
  port: number;
  adminPort: number;
  database: string;
}

const SHORTEST_INBOX_RETENTION_MS = 24 * 60 * 60 * 1_000;

/**
 * The variables that every service has, for `parseEnv`.
 *
 * @param env says whether `RABBITMQ_URL` is needed, see `brokerVariables`
 * @param defaults those that differ between services
 */
export function platformVariables(env: NodeJS.ProcessEnv, defaults: PlatformDefaults) {
  return {
    ROLE: oneOf(['http', 'worker', 'all'], 'all'),
    HOST: text({ fallback: '127.0.0.1' }),
    PORT: port(defaults.port),
    ADMIN_HOST: text({ fallback: '127.0.0.1' }),
    ADMIN_PORT: port(defaults.adminPort),
    ADMIN_TOKEN: optional(secret({ min: 16 })),
    ADMIN_ALLOWED_HOSTS: hostNames('localhost'),
    LOG_LEVEL: oneOf(logLevels, 'info'),
    SHUTDOWN_TIMEOUT_MS: integer({ min: 100, max: 600_000, fallback: 10_000 }),
    MONGODB_URL: url({ protocols: ['mongodb', 'mongodb+srv'] }),
    MONGODB_DATABASE: text({ fallback: defaults.database, max: 63, pattern: /^[A-Za-z0-9_-]+$/ }),
    REDIS_URL: url({ protocols: ['redis', 'rediss'] }),
    ...brokerVariables(env),
    GATEWAY_SIGNING_KEYS: secretList(),
    INTERNAL_KEYS: optional(secretList()),
    TUNING_FILE: optional(text()),
    INBOX_RETENTION: duration('30d').refine((ms) => ms >= SHORTEST_INBOX_RETENTION_MS, 'must be at least 1d'),
    ...outboxVariables,
  };
}

type PlatformValues = {
  [Name in keyof ReturnType<typeof platformVariables>]: ReturnType<typeof platformVariables>[Name]['_output'];
};

/**
 * @param values what `parseEnv` made of `platformVariables`
 * @param env the environment, which a tuning file overrides when it is read again
 */
export function platformConfig(values: PlatformValues, env: NodeJS.ProcessEnv) {
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
    rabbitmq: {
      urls: brokerUrls(values),
      inboxRetentionMs: values.INBOX_RETENTION,
      outbox: {
        batch: values.OUTBOX_BATCH,
        window: values.OUTBOX_WINDOW,
        leaseMs: values.OUTBOX_LEASE_MS,
      },
    },
    /** Keys under which callers sign: the gateway, and other services for `internal` endpoints. */
    identity: { keys: values.GATEWAY_SIGNING_KEYS, internalKeys: values.INTERNAL_KEYS ?? [] },
    tuningFile: values.TUNING_FILE === undefined ? undefined : { path: values.TUNING_FILE, env },
  };
}

/**
 * The environment of a command that uses the database alone, such as `migrate`: the command needs no other address and
 * no key, so those have placeholders.
 */
export function databaseOnly(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    ...env,
    REDIS_URL: 'redis://127.0.0.1',
    RABBITMQ_URLS: '',
    RABBITMQ_URL: 'amqp://127.0.0.1',
    GATEWAY_SIGNING_KEYS: `unused:${'0'.repeat(32)}`,
    INTERNAL_KEYS: '',
  };
}
