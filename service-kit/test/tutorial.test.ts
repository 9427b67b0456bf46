import amqp from 'amqplib';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deadQueueOf, retryQueueOf } from '../src/messaging/index.ts';
import { openDatabase, servers, unique, type TestDatabase } from './servers.ts';

const exchange = unique('greetings');
const queue = unique('greeting-service');
let database: TestDatabase;
let folder: string;
let service: ChildProcess;
const ports: Record<string, number> = {};

/** Writes the files of the README's tutorial. They import the sources instead of the package. */
async function writeFiles(): Promise<void> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  for (const [, path = '', text = ''] of readme.matchAll(/```ts\n\/\/ (src\/\S+)\n(.*?)```/gs)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(
      file,
      text
        .replaceAll(
          /'service-kit\/(\w+)'/g,
          (_, part) => `'${fileURLToPath(new URL(`../src/${part}/index.ts`, import.meta.url))}'`,
        )
        .replace("exchange: 'greetings'", `exchange: '${exchange}'`)
        .replace("'greeting-service.greetings'", `'${queue}'`),
    );
  }
}

async function startService(): Promise<void> {
  service = spawn(process.execPath, [join(folder, 'src/main.ts')], {
    env: {
      MONGODB_URL: servers.mongodb,
      MONGODB_DATABASE: database.db.databaseName,
      REDIS_URL: servers.redis,
      RABBITMQ_URL: servers.rabbitmq,
      GATEWAY_SIGNING_KEYS: `k1:${'0'.repeat(32)}`,
      PORT: '0',
      ADMIN_PORT: '0',
      REPORT_EVERY: '100ms',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!service.stdout) throw new Error('there is no standard output');
  for await (const line of createInterface(service.stdout)) {
    const { message, component, port } = JSON.parse(line) as Record<string, unknown>;
    if (message === 'Listening') ports[String(component)] = Number(port);
    if (message === 'Started') break;
  }
}

beforeAll(async () => {
  database = await openDatabase();
  folder = await mkdtemp(fileURLToPath(new URL('./tutorial-', import.meta.url)));
  await writeFiles();
  await startService();
}, 30_000);

afterAll(async () => {
  service.kill('SIGKILL');
  const connection = await amqp.connect(servers.rabbitmq);
  const channel = await connection.createChannel();
  const retries = ['5s', '30s', '2m', '10m'].map((label) => retryQueueOf(queue, label));
  for (const name of [queue, deadQueueOf(queue), ...retries]) await channel.deleteQueue(name);
  await channel.deleteExchange(exchange);
  await connection.close();
  await database.drop();
  await rm(folder, { recursive: true });
});

const call = async (path: string, init?: RequestInit) => {
  const response = await fetch(`http://127.0.0.1:${ports['http']}${path}`, init);
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
};
const post = (body: object) =>
  call('/v1/greetings', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('the service of the tutorial answers as the README says', async () => {
  expect(await post({ name: 'Ada' })).toEqual({ status: 202, body: undefined });
  await expect
    .poll(() => call('/v1/greetings/Ada'), { timeout: 10_000 })
    .toEqual({ status: 200, body: { name: 'Ada', count: 1 } });
  expect(await call('/v1/greetings/Bob')).toMatchObject({ status: 404, body: { code: 'never_greeted' } });
  expect(await post({ nome: 'Ada' })).toMatchObject({
    status: 400,
    body: { errors: [{ path: 'name' }, { path: 'nome' }] },
  });
  expect(await call('/openapi.json')).toMatchObject({ body: { info: { title: 'greeting-service' } } });
  const admin = async (path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${ports['admin']}${path}`)).json();
  expect(await admin('/readyz')).toMatchObject({ status: 'ready' });
  expect(await admin('/consumers')).toMatchObject({ items: [{ queue }] });

  service.kill('SIGINT');
  expect(await once(service, 'exit')).toEqual([0, null]);
});
