import { createSecretKey, type KeyObject } from 'node:crypto';
import {
  duration,
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
} from 'service-kit/config';
import {
  brokerUrls,
  brokerVariables,
  consumerTuning,
  consumerVariables,
  outboxVariables,
} from 'service-kit/messaging';
import { LONGEST_WAIT_S } from './claims/claim-wait.ts';

// The only reader of the environment.

export type Config = ReturnType<typeof loadConfig>;

const SHORTEST_DEADLINE_MS = 1_000;

const STORE_VARIABLES = {
  MONGODB_URL: url({ protocols: ['mongodb', 'mongodb+srv'] }),
  MONGODB_DATABASE: text({ fallback: 'event_db', max: 63, pattern: /^[A-Za-z0-9_-]+$/ }),
  LOG_LEVEL: oneOf(['error', 'warn', 'info', 'debug'], 'info'),
};

const ACTIVITY_VARIABLES = {
  INBOX_RETENTION: duration('30d'),
  ACTIVITY_MAX_AGE: duration('7d'),
  ACTIVITY_RETENTION: duration('90d'),
};

/** What is needed to reach the database, and nothing else. */
export function loadStoreConfig(env: NodeJS.ProcessEnv) {
  const { MONGODB_URL, MONGODB_DATABASE, LOG_LEVEL } = parseEnv(env, STORE_VARIABLES);
  return { mongo: { url: MONGODB_URL, database: MONGODB_DATABASE }, logLevel: LOG_LEVEL };
}

const AUDIT_VARIABLES = { AUDIT_SECRET: optional(secret({ min: 32 })) };

/** What is needed to verify the audit trail. */
export function loadAuditConfig(env: NodeJS.ProcessEnv) {
  return { ...loadStoreConfig(env), auditKey: auditKeyIn(parseEnv(env, AUDIT_VARIABLES)) };
}

function auditKeyIn({ AUDIT_SECRET: text }: { AUDIT_SECRET: string | undefined }): KeyObject | undefined {
  return text === undefined ? undefined : createSecretKey(text, 'utf8');
}

/** What is needed to make counters anew. */
export function loadRebuildConfig(env: NodeJS.ProcessEnv) {
  const { retentionMs } = activityLimits(parseEnv(env, ACTIVITY_VARIABLES));
  return { ...loadStoreConfig(env), retentionMs };
}

export function loadConfig(env: NodeJS.ProcessEnv) {
  const variables = parseEnv(env, {
    ...STORE_VARIABLES,
    ROLE: oneOf(['http', 'worker', 'all'], 'all'),
    HOST: text({ fallback: '127.0.0.1' }),
    PORT: port(3002),
    ADMIN_HOST: text({ fallback: '127.0.0.1' }),
    ADMIN_PORT: port(3102),
    ADMIN_TOKEN: optional(secret({ min: 16 })),
    ADMIN_ALLOWED_HOSTS: hostNames('localhost'),
    SHUTDOWN_TIMEOUT_MS: integer({ min: 100, max: 600_000, fallback: 10_000 }),
    REDIS_URL: url({ protocols: ['redis', 'rediss'] }),
    ...brokerVariables(env),
    TUNING_FILE: optional(text()),
    GATEWAY_SIGNING_KEYS: secretList(),
    CLAIM_WAIT_MS: integer({ min: 0, max: LONGEST_WAIT_S * 1_000, fallback: 2_000 }),
    CLAIM_DEADLINE: duration('2m').refine((ms) => ms >= SHORTEST_DEADLINE_MS, 'must be at least 1s'),
    CLAIM_ATTEMPT_RETENTION: duration('30d'),
    REVOKE_JOB_RATE: integer({ min: 1, max: 1_000, fallback: 200 }),
    INVITE_MAX_PER_DAY: integer({ min: 1, max: 10_000, fallback: 20 }),
    INVITE_MAX_ACCOUNT_AGE: duration('7d'),
    ...ACTIVITY_VARIABLES,
    ...AUDIT_VARIABLES,
    ...outboxVariables,
    ...consumerVariables(['REWARD_RESULTS', 'ACCOUNT_EVENTS', 'ACTIVITY']),
  });
  return {
    role: variables.ROLE,
    http: { host: variables.HOST, port: variables.PORT },
    admin: {
      host: variables.ADMIN_HOST,
      port: variables.ADMIN_PORT,
      token: variables.ADMIN_TOKEN,
      allowedHosts: variables.ADMIN_ALLOWED_HOSTS,
    },
    logLevel: variables.LOG_LEVEL,
    shutdownTimeoutMs: variables.SHUTDOWN_TIMEOUT_MS,
    mongo: { url: variables.MONGODB_URL, database: variables.MONGODB_DATABASE },
    redisUrl: variables.REDIS_URL,
    identityKeys: variables.GATEWAY_SIGNING_KEYS,
    auditKey: auditKeyIn(variables),
    tuningFile: variables.TUNING_FILE === undefined ? undefined : { path: variables.TUNING_FILE, env },
    claims: {
      waitMs: variables.CLAIM_WAIT_MS,
      deadlineMs: variables.CLAIM_DEADLINE,
      attemptRetentionMs: variables.CLAIM_ATTEMPT_RETENTION,
    },
    revokes: { rate: variables.REVOKE_JOB_RATE },
    invites: {
      maxPerDay: variables.INVITE_MAX_PER_DAY,
      maxAgeMs: variables.INVITE_MAX_ACCOUNT_AGE,
    },
    activity: activityLimits(variables),
    messaging: {
      urls: brokerUrls(variables),
      inboxRetentionMs: variables.INBOX_RETENTION,
      outbox: {
        batch: variables.OUTBOX_BATCH,
        window: variables.OUTBOX_WINDOW,
        leaseMs: variables.OUTBOX_LEASE_MS,
      },
      rewardResults: consumerTuning(variables, 'REWARD_RESULTS'),
      accountEvents: consumerTuning(variables, 'ACCOUNT_EVENTS'),
      activity: consumerTuning(variables, 'ACTIVITY'),
    },
  };
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Items are kept for longer than a message with them can be replayed and still be young enough, however short the
 * wanted time: otherwise they would count twice.
 */
function activityLimits(variables: {
  INBOX_RETENTION: number;
  ACTIVITY_MAX_AGE: number;
  ACTIVITY_RETENTION: number;
}) {
  const { INBOX_RETENTION, ACTIVITY_MAX_AGE: maxAgeMs, ACTIVITY_RETENTION } = variables;
  return { maxAgeMs, retentionMs: Math.max(ACTIVITY_RETENTION, INBOX_RETENTION + maxAgeMs + DAY_MS) };
}
