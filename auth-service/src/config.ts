import { availableParallelism } from 'node:os';
import { duration, flag, integer, parseEnv, secret, text, url, type Variables } from 'service-kit/config';
import { consumerTuning, consumerVariables } from 'service-kit/messaging';
import { databaseOnly, platformConfig, platformVariables } from 'service-kit/service';
import { z } from 'zod';
import { Username } from './accounts/username.ts';
import { NewPassword } from './passwords/password-policy.ts';

// The only reader of the environment.

const DEFAULTS = { port: 3001, adminPort: 3101, database: 'auth_db' };

const variables = {
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
} satisfies Variables;

export type Config = ReturnType<typeof loadConfig>;

/**
 * @throws {ConfigError} with all problems
 */
export function loadConfig(env: NodeJS.ProcessEnv) {
  const values = parseEnv(env, {
    ...platformVariables(env, DEFAULTS),
    ...consumerVariables(['REWARD_REQUESTS']),
    ...variables,
    ...bootstrapVariables(env),
  });
  const { BOOTSTRAP_ADMIN_USERNAME: username, BOOTSTRAP_ADMIN_PASSWORD: password } = values;
  return {
    ...platformConfig(values, env),
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
    rewardRequests: consumerTuning(values, 'REWARD_REQUESTS'),
    accounts: { retentionMs: values.ACCOUNT_RETENTION },
  };
}

const UNUSED_SECRET = '0'.repeat(32);

/**
 * The configuration of a command that uses the database alone. The command needs no secret, so it has placeholders.
 *
 * @throws {ConfigError} with all problems
 */
export function loadDatabaseConfig(env: NodeJS.ProcessEnv): Config {
  return loadConfig({ ...withoutServices(env), AUTH_SECRET: UNUSED_SECRET });
}

/** @throws {ConfigError} with all problems */
export function loadStoreConfig(env: NodeJS.ProcessEnv): Pick<Config, 'mongo' | 'logLevel'> {
  const { mongo, logLevel } = loadDatabaseConfig(env);
  return { mongo, logLevel };
}

/**
 * Reads what it takes to verify the audit trail.
 *
 * @throws {ConfigError} with all problems
 */
export function loadAuditConfig(
  env: NodeJS.ProcessEnv,
): Pick<Config, 'mongo' | 'logLevel'> & { secret: string } {
  const { mongo, logLevel, tokens } = loadConfig(withoutServices(env));
  return { mongo, logLevel, secret: tokens.secret };
}

const withoutServices = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...databaseOnly(env),
  PUBLIC_URL: 'http://127.0.0.1',
  BOOTSTRAP_ADMIN_USERNAME: '',
  BOOTSTRAP_ADMIN_PASSWORD: '',
});

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
