import { randomBytes } from 'node:crypto';

export const SIGNING_KEY = { id: 'test', secret: 'a-secret-that-only-tests-ever-use-0' };

/** Settings of a service under test: the servers are the environment's, the database is its own. */
export function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'error',
    // Long enough for a busy machine; tests that want no wait say so.
    CLAIM_WAIT_MS: '8000',
    MONGODB_URL: needed('MONGODB_URL'),
    REDIS_URL: needed('REDIS_URL'),
    RABBITMQ_URL: needed('RABBITMQ_URL'),
    MONGODB_DATABASE: `event_test_${randomBytes(6).toString('hex')}`,
    GATEWAY_SIGNING_KEYS: `${SIGNING_KEY.id}:${SIGNING_KEY.secret}`,
    ...more,
  };
}

export function needed(variable: string): string {
  const value = process.env[variable];
  if (!value) throw new Error(`these tests talk to real servers: set ${variable}`);
  return value;
}
