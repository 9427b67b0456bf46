import amqp from 'amqplib';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { parseEnv } from '../src/config/index.ts';
import { defineEndpoint, reply } from '../src/http/index.ts';
import { signIdentity } from '../src/identity/index.ts';
import { consumerTuning, consumerVariables, deadQueueOf, retryQueueOf } from '../src/messaging/index.ts';
import {
  createPlatform,
  createService,
  defineConsumer,
  platformConfig,
  platformVariables,
  type Module,
  type Platform,
} from '../src/service/index.ts';
import { openDatabase, recordingLogger, servers, unique, type TestDatabase } from './servers.ts';

const eventually = { timeout: 15_000, interval: 50 };
const key = { id: 'k1', secret: 'secret-of-the-gateway-in-these-tests' };
const Happened = z.object({ type: z.literal('test.happened.v1'), data: z.object({ n: z.number() }) });

let database: TestDatabase;
let exchange: string;
let queue: string;

beforeEach(async () => {
  database = await openDatabase();
  exchange = unique('exchange');
  queue = unique('queue');
});

afterEach(async () => {
  const connection = await amqp.connect(servers.rabbitmq);
  const channel = await connection.createChannel();
  for (const name of [
    queue,
    deadQueueOf(queue),
    ...['5s', '30s', '2m', '10m'].map((label) => retryQueueOf(queue, label)),
  ])
    await channel.deleteQueue(name);
  await channel.deleteExchange(exchange);
  await connection.close();
  await database.drop();
});

/** A feature with everything: what is posted is sent, consumed, stored and counted. */
function createNumbers({ db, transact, clock }: Platform, tuning: ReturnType<typeof consumerTuning>): Module {
  const numbers = db.collection<{ _id: number; at: Date }>('numbers');
  const totals = db.collection<{ _id: string; count: number }>('totals');
  return {
    endpoints: [
      defineEndpoint({
        method: 'POST',
        path: '/v1/numbers',
        operationId: 'sendNumber',
        summary: 'Sends a number',
        tag: 'numbers',
        access: 'signed-in',
        request: { body: z.strictObject({ n: z.number() }) },
        responses: { 202: { description: 'Sent' } },
        handle: async ({ body: { n } }) => {
          await transact(async (tx) => {
            tx.emit({ type: 'test.happened.v1', exchange, routingKey: 'happened', data: { n } });
          });
          return reply(202, undefined);
        },
      }),
    ],
    exchanges: [exchange],
    consumers: [
      defineConsumer(
        {
          queue,
          bindings: [{ exchange, routingKey: 'happened' }],
          schema: Happened,
          handleBatch: async (messages, { session }) => {
            const at = clock();
            await numbers.insertMany(
              messages.map(({ data: { n } }) => ({ _id: n, at })),
              { session },
            );
          },
        },
        { variables: 'NUMBERS', tuning },
      ),
    ],
    jobs: [
      {
        name: 'totals',
        everyMs: 50,
        run: async () => {
          const count = await numbers.countDocuments();
          await totals.updateOne({ _id: 'all' }, { $set: { count } }, { upsert: true });
        },
      },
    ],
    indexes: [
      { collection: 'numbers', indexes: [{ key: { at: 1 }, name: 'by-time' }] },
      { collection: 'totals', indexes: [] },
    ],
  };
}

function build(env: Record<string, string> = {}, more: { modules?: Module[]; migrations?: URL } = {}) {
  const variables = {
    MONGODB_URL: servers.mongodb,
    MONGODB_DATABASE: database.db.databaseName,
    REDIS_URL: servers.redis,
    RABBITMQ_URL: servers.rabbitmq,
    GATEWAY_SIGNING_KEYS: `${key.id}:${key.secret}`,
    PORT: '0',
    ADMIN_PORT: '0',
    ...env,
  };
  const values = parseEnv(variables, {
    ...platformVariables(variables, { port: 3999, adminPort: 4999, database: 'unused' }),
    ...consumerVariables(['NUMBERS']),
  });
  const config = platformConfig(values, variables);
  const { logger } = recordingLogger();
  const platform = createPlatform({ service: 'number-service', config, logger });
  const numbers = createNumbers(platform, consumerTuning(values, 'NUMBERS'));
  const service = createService({
    platform,
    config,
    modules: [numbers, ...(more.modules ?? [])],
    api: { version: '1.0.0', description: 'Numbers' },
    problems: {},
    ...(more.migrations && { migrations: more.migrations }),
  });
  return service;
}

async function start(env: Record<string, string> = {}, more: { modules?: Module[] } = {}) {
  const service = build(env, more);
  await service.lifecycle.start();
  onTestFinished(() => service.lifecycle.stop());
  return service;
}

async function post(port: number, n: number): Promise<Response> {
  const identity = {
    userId: 'acc_1',
    sessionId: 'ses_1',
    roles: ['USER' as const],
    scopes: [],
    clientAddress: '203.0.113.7',
  };
  const target = '/v1/numbers';
  const signed = signIdentity({
    identity,
    key,
    service: 'number-service',
    method: 'POST',
    target,
    now: Date.now(),
    requestId: 'r1',
  });
  return fetch(`http://127.0.0.1:${port}${target}`, {
    method: 'POST',
    headers: { ...signed, 'content-type': 'application/json' },
    body: JSON.stringify({ n }),
  });
}

describe('a service of modules', () => {
  it('serves endpoints, consumes queues, runs jobs and makes indexes', async () => {
    const { http, admin } = await start();
    expect((await post(http.address().port, 7)).status).toBe(202);
    const totals = database.db.collection<{ _id: string; count: number }>('totals');
    await expect.poll(async () => (await totals.findOne({ _id: 'all' }))?.count, eventually).toBe(1);
    expect(await database.db.collection('numbers').indexExists('by-time')).toBe(true);
    const ready = await fetch(`http://127.0.0.1:${admin.address().port}/readyz`);
    expect(await ready.json()).toMatchObject({ checks: { mongodb: {}, redis: {}, rabbitmq: {} } });
  });

  it('describes its endpoints without being started', () => {
    expect(build().openApi).toMatchObject({
      info: { title: 'number-service' },
      paths: { '/v1/numbers': { post: { operationId: 'sendNumber' } } },
    });
  });

  it('with ROLE=http sends what a worker consumes', async () => {
    const [{ http }] = [await start({ ROLE: 'http' })];
    const { admin } = await start({ ROLE: 'worker' });
    expect((await post(http.address().port, 3)).status).toBe(202);
    const numbers = database.db.collection<{ _id: number }>('numbers');
    await expect.poll(() => numbers.countDocuments(), eventually).toBe(1);
    const consumers = await fetch(`http://127.0.0.1:${admin.address().port}/consumers`);
    expect(await consumers.json()).toMatchObject({ items: [{ queue }] });
  });

  it('starts components before waiters and stops them after', async () => {
    const events: string[] = [];
    const noting = (name: string) => ({
      name,
      start: async () => void events.push(`start ${name}`),
      stop: async () => void events.push(`stop ${name}`),
    });
    const service = await start(
      {},
      { modules: [{ waiters: [noting('waiter')], components: [noting('component')] }] },
    );
    await service.lifecycle.stop();
    expect(events).toEqual(['start component', 'start waiter', 'stop waiter', 'stop component']);
  });

  it('migrates with the database alone, each migration once', async () => {
    const migrations = new URL('fixtures/migrations/', import.meta.url);
    const unreachable = { REDIS_URL: 'redis://127.0.0.1:1', RABBITMQ_URL: 'amqp://127.0.0.1:1' };
    await build(unreachable, { migrations }).migrate();
    await build(unreachable, { migrations }).migrate();
    expect(await database.db.collection('migrated').countDocuments()).toBe(1);
    expect(await database.db.collection('numbers').indexExists('by-time')).toBe(true);
  });

  it('waits with its migrations for no instance that was killed while it migrated', async () => {
    await database.db
      .collection<{ _id: string; holder: string; until: Date }>('migrationLock')
      .insertOne({ _id: 'migrations', holder: 'killed', until: new Date(Date.now() - 1) });
    const migrations = new URL('fixtures/migrations/', import.meta.url);
    await build({}, { migrations }).migrate();
    expect(await database.db.collection('migrated').countDocuments()).toBe(1);
  });

  it('does not let two modules consume one queue', () => {
    const { tuning } = { tuning: consumerTuning({}, 'OTHER') };
    const other = defineConsumer(
      { queue, bindings: [], schema: Happened, handleBatch: async () => undefined },
      { variables: 'OTHER', tuning },
    );
    expect(() => build({}, { modules: [{ consumers: [other] }] })).toThrow(`two modules consume ${queue}`);
  });
});
