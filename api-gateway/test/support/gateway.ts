import { Writable } from 'node:stream';
import type { SigningKey } from 'service-kit/identity';
import { createLogger } from 'service-kit/logging';
import { loadConfig } from '../../src/config.ts';
import { buildService, type Overrides } from '../../src/service.ts';
import { createFakeRevocations, type FakeRevocations } from './fake-revocations.ts';
import { type FakeService, startFakeService } from './fake-service.ts';
import { AUDIENCE, ISSUER, type SigningPair, signingPair } from './tokens.ts';

const AUTH = 'auth-service';
const EVENTS = 'game-event-service';
const INTERNAL_KEY = { id: 'i1', secret: 'internal'.padEnd(32, '_') };

function signingKey(service: string): SigningKey {
  return { id: 'k1', secret: service.padEnd(32, '_') };
}

function keyFor(service: string): string {
  return `${service}/k1:${signingKey(service).secret}`;
}

export type LogLine = Record<string, unknown> & { message: string; level: string };

/** Two small servers in place of the services. */
export interface Services {
  auth: FakeService;
  revocations: FakeRevocations;
  events: FakeService;
  keys: SigningPair;
}

export interface RunningGateway {
  url: string;
  port: number;
  adminUrl: string;
  log: LogLine[];
  stop(): Promise<void>;
}

/** A gateway and its services. */
export interface TestBed extends Services, RunningGateway {}

export interface TestBedOptions {
  env?: NodeJS.ProcessEnv;
  /** False: without keys, as if auth-service were down. */
  withKeys?: boolean;
  overrides?: Overrides;
}

export async function startServices(withKeys = true): Promise<Services> {
  const keys = signingPair('key-1');
  const auth = await startFakeService(AUTH, signingKey(AUTH));
  const revocations = createFakeRevocations([INTERNAL_KEY]);
  auth.internal = (request, response) => revocations.answer(request, response);
  const events = await startFakeService(EVENTS, signingKey(EVENTS));
  if (withKeys) auth.keys.push(keys.jwk);
  return { auth, revocations, events, keys };
}

/** The environment of a gateway for these services. The system chooses its ports. */
export function gatewayEnvironment(services: Pick<Services, 'auth' | 'events'>): NodeJS.ProcessEnv {
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    AUTH_SERVICE_URL: services.auth.url,
    GAME_EVENT_SERVICE_URL: services.events.url,
    BROKEN_SERVICE_URL: services.events.url,
    GATEWAY_SIGNING_KEYS: [AUTH, EVENTS, 'broken-service'].map(keyFor).join(','),
    INTERNAL_KEYS: `${INTERNAL_KEY.id}:${INTERNAL_KEY.secret}`,
    TOKEN_ISSUER: ISSUER,
    TOKEN_AUDIENCE: AUDIENCE,
    // A test uses one address and one account for all requests.
    RATE_LIMIT_SCALE: '1000',
  };
}

export async function startGateway(
  services: Services,
  env: NodeJS.ProcessEnv = {},
  overrides: Overrides = {},
): Promise<RunningGateway> {
  const log: LogLine[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') log.push(JSON.parse(line) as LogLine);
      done();
    },
  });
  const config = loadConfig({ ...gatewayEnvironment(services), ...env });
  const logger = createLogger({ service: 'api-gateway', level: 'info', destination });
  const gateway = await buildService(config, { logger, ...overrides });
  await gateway.lifecycle.start();
  const { port } = gateway.http.address();
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    adminUrl: `http://127.0.0.1:${gateway.admin.address().port}`,
    log,
    stop: () => gateway.lifecycle.stop(),
  };
}

export async function startTestBed({ env, withKeys, overrides }: TestBedOptions = {}): Promise<TestBed> {
  const services = await startServices(withKeys);
  const gateway = await startGateway(services, env, overrides);
  return {
    ...services,
    ...gateway,
    async stop() {
      await gateway.stop();
      await Promise.all([services.auth.stop(), services.events.stop()]);
    },
  };
}

/** Resets the services after earlier tests. */
export function resetServices(
  { auth, events, log }: Pick<TestBed, 'auth' | 'events' | 'log'>,
  answer: FakeService['answer'],
): void {
  for (const service of [auth, events]) {
    service.received.length = 0;
    service.answer = answer;
  }
  log.length = 0;
}
