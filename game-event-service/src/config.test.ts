import { ConfigError } from 'service-kit/config';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.ts';

const SECRET = 'k'.repeat(32);
const needed = {
  MONGODB_URL: 'mongodb://127.0.0.1:27017/?replicaSet=rs0',
  REDIS_URL: 'redis://127.0.0.1:6379',
  RABBITMQ_URL: 'amqp://guest:guest@127.0.0.1:5672',
  GATEWAY_SIGNING_KEYS: `2026-12:${SECRET}`,
};

function problemsOf(env: NodeJS.ProcessEnv): string[] {
  try {
    loadConfig(env);
    return [];
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ variable }) => variable) : [String(error)];
  }
}

describe('the configuration', () => {
  it('has a default for everything but addresses and secrets', () => {
    expect(problemsOf({})).toEqual(['MONGODB_URL', 'REDIS_URL', 'RABBITMQ_URL', 'GATEWAY_SIGNING_KEYS']);
    expect(loadConfig(needed)).toMatchObject({
      role: 'all',
      http: { host: '127.0.0.1', port: 3002 },
      admin: { host: '127.0.0.1', port: 3102, allowedHosts: new Set(['localhost']) },
      mongo: { database: 'event_db' },
      claims: { waitMs: 2_000, deadlineMs: 120_000 },
      consumers: {
        rewardResults: { prefetch: 'auto', batchSize: 200 },
        accountEvents: { queueType: 'quorum' },
      },
    });
  });

  it('tells everything that is wrong at once, and no secret', () => {
    const env = {
      ...needed,
      PORT: 'x',
      ADMIN_ALLOWED_HOSTS: 'a:80',
      CLAIM_WAIT_MS: '9000',
      CLAIM_DEADLINE: '10ms',
      GATEWAY_SIGNING_KEYS: 'a:short',
    };
    expect(problemsOf(env)).toEqual([
      'PORT',
      'ADMIN_ALLOWED_HOSTS',
      'GATEWAY_SIGNING_KEYS',
      'CLAIM_WAIT_MS',
      'CLAIM_DEADLINE',
    ]);
    expect(() => loadConfig(env)).not.toThrow(/short/);
  });

  it('tunes each queue by its own variable, and otherwise by the general one', () => {
    const { consumers } = loadConfig({ ...needed, BATCH_SIZE: '50', REWARD_RESULTS_BATCH_SIZE: '500' });
    expect(consumers.rewardResults.batchSize).toBe(500);
    expect(consumers.accountEvents.batchSize).toBe(50);
  });

  it('keeps activity for longer than a message with it could be replayed and count', () => {
    const DAY_MS = 24 * 60 * 60 * 1_000;
    const retained = (env: object) => loadConfig({ ...needed, ...env }).activity.retentionMs / DAY_MS;
    expect(retained({})).toBe(90);
    expect(retained({ ACTIVITY_RETENTION: '1d' })).toBe(38);
    expect(retained({ INBOX_RETENTION: '80d', ACTIVITY_MAX_AGE: '20d' })).toBe(101);
  });
});
