import { describe, expect, it } from 'vitest';
import { ConfigError } from 'service-kit/config';
import { loadConfig } from './config.ts';

const secret = (letter: string) => letter.repeat(32);
const env = {
  AUTH_SERVICE_URL: 'http://127.0.0.1:3001',
  GAME_EVENT_SERVICE_URL: 'http://127.0.0.1:3002, http://127.0.0.1:3012/',
  GATEWAY_SIGNING_KEYS: `auth-service/new:${secret('n')},auth-service/old:${secret('o')},game-event-service/k1:${secret('g')}`,
  TOKEN_ISSUER: 'http://127.0.0.1:3000',
};

function problemsOf(changes: NodeJS.ProcessEnv): string {
  try {
    loadConfig({ ...env, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return '';
}

describe('the environment', () => {
  it('has defaults for all but addresses, keys and the issuer', () => {
    expect(loadConfig(env)).toMatchObject({
      http: { host: '127.0.0.1', port: 3000 },
      admin: { host: '127.0.0.1', port: 3100, allowedHosts: new Set(['localhost']) },
      workers: 1,
      acceptGraceMs: 100,
      forwarding: { concurrency: 1_024, mostStreams: 10_000, checkMs: 2_000, dnsRefreshMs: 5_000 },
      token: { issuer: 'http://127.0.0.1:3000', audience: 'laurel' },
      jwksUrl: 'http://127.0.0.1:3001/.well-known/jwks.json',
      trustProxy: undefined,
      rabbitmq: undefined,
      redisUrl: undefined,
      connectionsPerAddress: 512,
      rateLimitScale: 1,
      publicHosts: undefined,
      corsOrigins: undefined,
      revocations: {
        internalKey: undefined,
        origins: ['http://127.0.0.1:3001'],
        refreshMs: 5_000,
        tokenLifeMs: 600_000,
      },
    });
  });

  it('sets how revocations are read: the first internal key signs', () => {
    const INTERNAL_KEYS = `new:${secret('n')},old:${secret('o')}`;
    const { revocations, rabbitmq } = loadConfig({ ...env, INTERNAL_KEYS, RABBITMQ_URL: 'amqp://one' });
    expect(revocations).toMatchObject({ internalKey: { id: 'new', secret: secret('n') } });
    expect(rabbitmq?.urls).toEqual(['amqp://one']);
    const cluster = loadConfig({
      ...env,
      RABBITMQ_URLS: 'amqp://one,amqp://two',
      RABBITMQ_URL: 'amqp://three',
    });
    expect(cluster.rabbitmq?.urls).toEqual(['amqp://one', 'amqp://two']);
  });

  it('is refused if it would delay revocations for long', () => {
    const said = problemsOf({
      REVOCATIONS_REFRESH: '2m',
      RABBITMQ_URL: 'http://one',
      INTERNAL_KEYS: 'k1:tooshort',
      REVOCATIONS_LIMIT: '1',
    });
    for (const name of ['REVOCATIONS_REFRESH', 'RABBITMQ_URL', 'INTERNAL_KEYS', 'REVOCATIONS_LIMIT']) {
      expect(said).toContain(`${name}: `);
    }
    expect(said).not.toContain('tooshort');
  });

  it('may name several addresses of a service, and other services', () => {
    const keys = `${env.GATEWAY_SIGNING_KEYS},shop-service/s1:${secret('s')}`;
    const config = loadConfig({ ...env, SHOP_SERVICE_URL: 'http://shop:80', GATEWAY_SIGNING_KEYS: keys });
    expect(config.upstreams.get('GAME_EVENT_SERVICE_URL')).toEqual([
      'http://127.0.0.1:3002',
      'http://127.0.0.1:3012',
    ]);
    expect(config.upstreams.get('SHOP_SERVICE_URL')).toEqual(['http://shop']);
    expect(config.signingKeys.get('shop-service')?.id).toBe('s1');
  });

  it('signs with the first key of each service', () => {
    expect(loadConfig(env).signingKeys.get('auth-service')).toEqual({ id: 'new', secret: secret('n') });
  });

  it('may limit the served hosts and allow origins', () => {
    const config = loadConfig({
      ...env,
      PUBLIC_HOSTS: 'Game.example.org., [0:0::1],bücher.example',
      ADMIN_ALLOWED_HOSTS: 'Gateway.internal',
      CORS_ORIGINS: 'https://game.example.org, http://localhost:5173',
    });
    expect(config.publicHosts).toEqual(new Set(['game.example.org', '[::1]', 'xn--bcher-kva.example']));
    expect(config.admin.allowedHosts).toEqual(new Set(['gateway.internal']));
    expect(config.corsOrigins).toEqual(['https://game.example.org', 'http://localhost:5173']);
    expect(loadConfig({ ...env, CORS_ORIGINS: '*' }).corsOrigins).toBe('*');
    const said = problemsOf({ PUBLIC_HOSTS: 'a:80', CORS_ORIGINS: 'https://game.example.org/path' });
    for (const name of ['PUBLIC_HOSTS', 'CORS_ORIGINS']) expect(said).toContain(`${name}: `);
  });

  it('may multiply the rate limits', () => {
    expect(loadConfig({ ...env, RATE_LIMIT_SCALE: '2.5' }).rateLimitScale).toBe(2.5);
    for (const scale of ['0', '-1', 'many']) {
      expect(problemsOf({ RATE_LIMIT_SCALE: scale })).toContain('RATE_LIMIT_SCALE: ');
    }
  });

  it('is refused with all problems at once and without secrets', () => {
    const said = problemsOf({
      AUTH_SERVICE_URL: 'http://127.0.0.1:3001/path',
      GAME_EVENT_SERVICE_URL: undefined,
      GATEWAY_SIGNING_KEYS: 'auth-service/k1:tooshort',
      TRUST_PROXY: 'everyone',
      PORT: '99999',
      TOKEN_ISSUER: '',
    });
    for (const name of ['AUTH_SERVICE_URL', 'GAME_EVENT_SERVICE_URL', 'GATEWAY_SIGNING_KEYS']) {
      expect(said).toContain(`${name}: `);
    }
    for (const name of ['TRUST_PROXY', 'PORT', 'TOKEN_ISSUER']) expect(said).toContain(`${name}: `);
    expect(said).not.toContain('tooshort');
  });

  it('is refused without a signing key for a service', () => {
    expect(problemsOf({ GATEWAY_SIGNING_KEYS: `auth-service/k1:${secret('a')}` })).toContain(
      'must hold a key for game-event-service',
    );
  });
});
