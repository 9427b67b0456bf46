import { ConfigError } from 'service-kit/config';
import { describe, expect, it } from 'vitest';
import { loadAuditConfig, loadConfig, loadStoreConfig } from './config.ts';

const SECRET = 'a'.repeat(32);
const least = {
  MONGODB_URL: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
  RABBITMQ_URL: 'amqp://127.0.0.1:5672',
  REDIS_URL: 'redis://127.0.0.1:6379',
  GATEWAY_SIGNING_KEYS: `k1:${SECRET}`,
  PUBLIC_URL: 'http://127.0.0.1:3000',
  AUTH_SECRET: SECRET,
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig({ ...least, ...env });
    return [];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ variable, rule }) => `${variable} ${rule}`);
    throw error;
  }
}

describe('the environment', () => {
  it('needs to name the stores, the secrets and the public URL; the rest has defaults', () => {
    expect(loadConfig(least)).toMatchObject({
      role: 'all',
      http: { host: '127.0.0.1', port: 3001 },
      admin: { host: '127.0.0.1', port: 3101, token: undefined, allowedHosts: new Set(['localhost']) },
      mongo: { database: 'auth_db' },
      tokens: { audience: 'laurel', accessTtlMs: 600_000, refreshTtlMs: 2_592_000_000 },
      limits: {
        windowMs: 600_000,
        loginFailuresPerAccount: 10,
        loginFailuresPerAddress: 300,
        newAccountsPerAddress: 60,
        newPasswordsPerAccount: 20,
      },
      judging: { concurrency: 1, queueLimit: 64, timeoutMs: 2_000 },
      accounts: { retentionMs: 2_592_000_000 },
      bootstrapAdmin: undefined,
      rewardRequests: { prefetch: 'auto', batchSize: 200, queueType: 'quorum' },
    });
  });

  it('that is empty is refused with everything that is missing', () => {
    for (const name of Object.keys(least)) {
      expect(() => loadConfig({})).toThrow(`${name}: is missing`);
    }
  });

  it('gives a command what it uses, and does not ask for the rest', () => {
    const { MONGODB_URL, AUTH_SECRET } = least;
    const store = { mongo: { url: MONGODB_URL, database: 'auth_db' }, logLevel: 'info' };
    expect(loadStoreConfig({ MONGODB_URL })).toEqual(store);
    expect(loadAuditConfig({ MONGODB_URL, AUTH_SECRET })).toEqual({ ...store, secret: AUTH_SECRET });
    expect(() => loadAuditConfig({ MONGODB_URL })).toThrow('AUTH_SECRET: is missing');
  });

  it('is refused without showing a secret', () => {
    expect(() => loadConfig({ ...least, AUTH_SECRET: 'too-short-a-secret' })).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('too-short-a-secret') }),
    );
  });

  it('gives the first ADMIN a name and a password that any account could have', () => {
    const admin = { BOOTSTRAP_ADMIN_USERNAME: 'Root-Admin', BOOTSTRAP_ADMIN_PASSWORD: 'zebra-tooth-91' };
    expect(loadConfig({ ...least, ...admin }).bootstrapAdmin).toEqual({
      username: 'Root-Admin',
      password: 'zebra-tooth-91',
    });
    expect(problemsOf({ ...admin, BOOTSTRAP_ADMIN_PASSWORD: 'zebra-t' })).toEqual([
      'BOOTSTRAP_ADMIN_PASSWORD must have 8 to 128 characters',
    ]);
    expect(problemsOf({ ...admin, BOOTSTRAP_ADMIN_USERNAME: 'root@home' })).toEqual([
      'BOOTSTRAP_ADMIN_USERNAME may have letters of one script, digits and the characters . _ -',
    ]);
  });

  it.each(['BOOTSTRAP_ADMIN_USERNAME', 'BOOTSTRAP_ADMIN_PASSWORD'])(
    'takes %s only with the other one',
    (given) => {
      expect(problemsOf({ [given]: 'zebra-tooth-91' })).toEqual([
        expect.stringContaining('is missing; it goes with the other BOOTSTRAP_ADMIN_ variable'),
      ]);
    },
  );

  it('tunes the consumer by its own variables before the general ones', () => {
    const { rewardRequests } = loadConfig({
      ...least,
      BATCH_SIZE: '50',
      PREFETCH: '10',
      REWARD_REQUESTS_PREFETCH: '20',
    });
    expect(rewardRequests).toMatchObject({ batchSize: 50, prefetch: 20 });
  });

  it.each([
    ['ACCESS_TOKEN_TTL', '10ms'],
    ['REFRESH_TOKEN_TTL', '1s'],
    ['HASHING_CONCURRENCY', '0'],
    ['LIMIT_WINDOW', '10ms'],
    ['NEW_ACCOUNTS_PER_ADDRESS', '0'],
    ['PUBLIC_URL', 'play.example.com'],
    ['MONGODB_DATABASE', 'a.b'],
    ['ADMIN_ALLOWED_HOSTS', 'auth-service:3101'],
  ])('cannot set %s to %s', (variable, value) => {
    expect(problemsOf({ [variable]: value })).toEqual([expect.stringContaining(`${variable} must be`)]);
  });
});
