import { Writable } from 'node:stream';
import type { SigningKey } from 'service-kit/identity';
import { createLogger } from 'service-kit/logging';
import { loadConfig } from '../../src/config.ts';
import { buildService } from '../../src/service.ts';
import { type FakeService, startFakeService } from './fake-service.ts';
import { AUDIENCE, ISSUER, type SigningPair, signingPair } from './tokens.ts';

const AUTH = 'auth-service';
const EVENTS = 'game-event-service';

function signingKey(service: string): SigningKey {
  return { id: 'k1', secret: service.padEnd(32, '_') };
}

function keyFor(service: string): string {
  return `${service}/k1:${signingKey(service).secret}`;
}

export type LogLine = Record<string, unknown> & { message: string; level: string };

/** A gateway with two small servers behind it. */
export interface TestBed {
  url: string;
  port: number;
  adminUrl: string;
  auth: FakeService;
  events: FakeService;
  keys: SigningPair;
  log: LogLine[];
  stop(): Promise<void>;
}

export interface TestBedOptions {
  env?: NodeJS.ProcessEnv;
  /** Without any, as if auth-service were down. */
  withKeys?: boolean;
}

export async function startTestBed({ env, withKeys = true }: TestBedOptions = {}): Promise<TestBed> {
  const keys = signingPair('key-1');
  const auth = await startFakeService(AUTH, signingKey(AUTH));
  const events = await startFakeService(EVENTS, signingKey(EVENTS));
  if (withKeys) auth.keys.push(keys.jwk);
  const log: LogLine[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') log.push(JSON.parse(line) as LogLine);
      done();
    },
  });
  const config = loadConfig({
    PORT: '0',
    ADMIN_PORT: '0',
    AUTH_SERVICE_URL: auth.url,
    GAME_EVENT_SERVICE_URL: events.url,
    BROKEN_SERVICE_URL: events.url,
    GATEWAY_SIGNING_KEYS: [AUTH, EVENTS, 'broken-service'].map(keyFor).join(','),
    TOKEN_ISSUER: ISSUER,
    TOKEN_AUDIENCE: AUDIENCE,
    ...env,
  });
  const logger = createLogger({ service: 'api-gateway', level: 'info', destination });
  const gateway = await buildService(config, { logger });
  await gateway.lifecycle.start();
  const { port } = gateway.http.address();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    adminUrl: `http://127.0.0.1:${gateway.admin.address().port}`,
    auth,
    events,
    keys,
    log,
    async stop() {
      await gateway.lifecycle.stop();
      await Promise.all([auth.stop(), events.stop()]);
    },
  };
}

/** Forgets what earlier tests did to the services. */
export function resetServices({ auth, events, log }: TestBed, answer: FakeService['answer']): void {
  for (const service of [auth, events]) {
    service.received.length = 0;
    service.answer = answer;
  }
  log.length = 0;
}
