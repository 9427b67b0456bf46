import { connect, type Channel, type ChannelModel } from 'amqplib';
import { randomBytes, randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';
import { MongoClient, type Db } from 'mongodb';
import { createLogger } from 'service-kit/logging';
import { deadQueueOf, type CloudEvent } from 'service-kit/messaging';
import { vi } from 'vitest';
import { loadConfig } from '../src/config.ts';
import type { ModularService, PlatformOverrides } from 'service-kit/service';
import { buildService } from '../src/service.ts';
import { REWARD_REQUESTS } from '../src/ledger/reward-requests-consumer.ts';
import { ACCOUNTS, REWARDS } from '../src/messaging/exchanges.ts';
import { callInstance, GATEWAY_KEY, type Answer, type CallOptions } from './call.ts';

export const ISSUER = 'https://play.example.com';
const AUTH_SECRET = randomBytes(32).toString('base64url');
export const ADMIN = { username: 'root-admin', password: 'zebra-tooth-91' };

export interface System {
  db: Db;
  instances: ModularService[];
  channel: Channel;
  /** Messages that left the service, oldest first. */
  sent: CloudEvent[];
  /** Lines of all instances. */
  log: Record<string, unknown>[];
  call(method: string, target: string, options?: CallOptions): Promise<Answer>;
  /** Sends a message as game-event-service would; gives its id. */
  publish(routingKey: string, data: object, options?: { id?: string; raw?: string }): string;
  dead(): Promise<number>;
  stop(): Promise<void>;
}

export interface SystemOptions {
  /** Default: a new one, gone afterwards. */
  database?: string;
  instances?: number;
  env?: Record<string, string>;
  overrides?: PlatformOverrides;
}

const required = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} must name a server for the integration tests`);
  return value;
};

export function environment(database: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    PORT: '0',
    ADMIN_PORT: '0',
    MONGODB_URL: required('MONGODB_URL'),
    MONGODB_DATABASE: database,
    RABBITMQ_URL: required('RABBITMQ_URL'),
    REDIS_URL: required('REDIS_URL'),
    // Everything in these tests comes from one address.
    LOGIN_FAILURES_PER_ADDRESS: '1000000',
    NEW_ACCOUNTS_PER_ADDRESS: '1000000',
    NEW_SESSIONS_PER_ADDRESS: '1000000',
    GATEWAY_SIGNING_KEYS: `${GATEWAY_KEY.id}:${GATEWAY_KEY.secret}`,
    PUBLIC_URL: ISSUER,
    AUTH_SECRET,
    BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
    BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
    ...more,
  };
}

/** Starts as many instances as asked for, with the service's queues empty. */
export async function startSystem(options: SystemOptions = {}): Promise<System> {
  const { database = `auth_test_${randomBytes(6).toString('hex')}` } = options;
  const env = environment(database, options.env);
  const mongo = await new MongoClient(required('MONGODB_URL')).connect();
  const broker = await connect(required('RABBITMQ_URL'));
  const channel = await broker.createChannel();
  await channel.deleteQueue(REWARD_REQUESTS);
  await channel.deleteQueue(deadQueueOf(REWARD_REQUESTS));
  const sent = await listen(channel);

  const { log, logger } = collectLog();
  const instances = Array.from({ length: options.instances ?? 1 }, () =>
    buildService(loadConfig(env), { logger, ...options.overrides }),
  );
  await Promise.all(instances.map(({ lifecycle }) => lifecycle.start()));

  return {
    db: mongo.db(database),
    instances,
    channel,
    sent,
    log,
    call: (method, target, call = {}) => callInstance(instances, method, target, call),
    publish: (routingKey, data, { id = randomUUID(), raw } = {}) => {
      channel.publish(
        REWARDS,
        routingKey,
        Buffer.from(raw ?? JSON.stringify(eventOf(routingKey, data, id))),
        {
          messageId: id,
          contentType: 'application/cloudevents+json',
          persistent: true,
        },
      );
      return id;
    },
    dead: async () => (await channel.checkQueue(deadQueueOf(REWARD_REQUESTS))).messageCount,
    stop: async () => {
      await Promise.all(instances.map(({ lifecycle }) => lifecycle.stop()));
      await mongo.db(database).dropDatabase();
      await Promise.all([mongo.close(), closeQuietly(broker)]);
    },
  };
}

function eventOf(routingKey: string, data: object, id: string): object {
  return {
    specversion: '1.0',
    id,
    source: 'game-event-service',
    type: `laurel.${routingKey}.v1`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    data,
  };
}

/** A queue of the test's own, so that what is sent has somewhere to go. */
async function listen(channel: Channel): Promise<CloudEvent[]> {
  const sent: CloudEvent[] = [];
  const { queue } = await channel.assertQueue('', { exclusive: true });
  const keys = {
    [ACCOUNTS]: ['account.*', 'sessions.revoked'],
    [REWARDS]: ['reward.granted', 'reward.refused', 'reward.revoked', 'reward.revoke-refused'],
  };
  for (const [exchange, routingKeys] of Object.entries(keys)) {
    await channel.assertExchange(exchange, 'topic', { durable: true });
    for (const routingKey of routingKeys) await channel.bindQueue(queue, exchange, routingKey);
  }
  await channel.consume(
    queue,
    (message) => {
      if (message) sent.push(JSON.parse(message.content.toString()));
    },
    { noAck: true },
  );
  return sent;
}

/** A logger whose lines can be looked at. */
export function collectLog() {
  const log: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      for (const line of chunk.toString().trim().split('\n')) log.push(JSON.parse(line));
      done();
    },
  });
  return { log, logger: createLogger({ service: 'auth-service', level: 'info', destination }) };
}

async function closeQuietly(broker: ChannelModel): Promise<void> {
  await broker.close().catch(() => undefined);
}

/** Waits until `check` no longer throws; for what the service does in the background. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: 10_000, interval: 20 });
