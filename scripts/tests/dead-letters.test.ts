import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import amqp, { type Channel, type ChannelModel } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { rabbitmqUrl } from '../src/backing-services/rabbitmq-server.ts';
import { main as deadLetters } from '../src/operate/dead-letters.ts';
import { PrivateBackingServices } from '../src/system/private-system.ts';

const QUEUE = 'test-service.work';
const HOUR = 3_600_000;

let backing: PrivateBackingServices;
let url: string;
let connection: ChannelModel;
let channel: Channel;
let directory: string;
let printed: string;

beforeAll(async () => {
  backing = await PrivateBackingServices.start();
  const { port = 0 } = backing.services.rabbitmq.servers.at(-1) ?? {};
  url = rabbitmqUrl(port, 'admin', backing.credentials.rabbitmqPasswords.admin);
  connection = await amqp.connect(url);
}, 120_000);
afterAll(async () => {
  await connection.close();
  await backing.stop();
});

beforeEach(async () => {
  channel = await connection.createChannel();
  for (const queue of [QUEUE, `${QUEUE}.dead`]) {
    await channel.assertQueue(queue, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  }
  directory = await mkdtemp(join(tmpdir(), 'dead-letters-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const queue of [QUEUE, `${QUEUE}.dead`]) await channel.deleteQueue(queue);
  await channel.close();
  await rm(directory, { recursive: true });
});

interface Letter {
  id: string;
  accountId: string;
  code: string;
  madeAgoMs?: number;
}

async function die(...letters: Letter[]): Promise<void> {
  const now = Date.now();
  for (const { id, accountId, code, madeAgoMs = HOUR } of letters) {
    const time = new Date(now - madeAgoMs).toISOString();
    const event = { specversion: '1.0', id, type: 'test.happened.v1', time, data: { accountId } };
    const failedAt = now - madeAgoMs;
    channel.sendToQueue(`${QUEUE}.dead`, Buffer.from(JSON.stringify(event)), {
      persistent: true,
      messageId: id,
      headers: { 'x-code': code, 'x-reason': 'why', 'x-attempt': 5, 'x-last-failed-at': failedAt },
    });
  }
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(letters.length);
}

const count = async (queue: string): Promise<number> => (await channel.checkQueue(queue)).messageCount;

async function idsIn(queue: string): Promise<string[]> {
  const ids: string[] = [];
  for (let message = await channel.get(queue); message; message = await channel.get(queue)) {
    ids.push(String(message.properties.messageId));
  }
  await channel.recover();
  return ids;
}

const run = (...args: string[]): Promise<void> =>
  deadLetters([...args, '--url', url, '--audit', join(directory, 'audit.ndjson')]);
const audited = async (): Promise<string> =>
  readFile(join(directory, 'audit.ndjson'), 'utf8').catch(() => '');

const three: Letter[] = [
  { id: 'm1', accountId: 'acc_1', code: 'TypeError' },
  { id: 'm2', accountId: 'acc_2', code: 'unreadable' },
  { id: 'm3', accountId: 'acc_1', code: 'TypeError', madeAgoMs: 3 * HOUR },
];

it('list and show tell what is there, and leave it as it was', async () => {
  await die(...three);
  await run('list', QUEUE);
  expect(printed).toMatch(/m1 .*acc_1 .*TypeError[^]*m2[^]*m3[^]*3 of 3 dead letters match/);
  await run('show', QUEUE, '--filter', 'id=m2');
  expect(printed).toContain('"messageId": "m2"');
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(3);
  expect(await idsIn(`${QUEUE}.dead`)).toEqual(['m1', 'm2', 'm3']);
  expect(await audited()).toBe('');
});

it('replay sends what matches to the work queue under its old id, and writes it down', async () => {
  await die(...three);
  await run('replay', QUEUE, '--filter', 'account=acc_1', '--filter', 'older=2h');
  expect(printed).toContain('1 of 3 dead letters replayed');
  await expect.poll(() => count(QUEUE)).toBe(1);
  const again = await channel.get(QUEUE, { noAck: true });
  expect(again && again.properties).toMatchObject({ messageId: 'm3', headers: {} });
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(2);
  expect(JSON.parse(await audited())).toMatchObject({ action: 'replay', queue: QUEUE, messageId: 'm3' });
});

it('a dry run does nothing', async () => {
  await die(...three);
  await run('drop', QUEUE, '--dry-run');
  expect(printed).toContain('3 of 3 dead letters would be dropped');
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(3);
  expect(await audited()).toBe('');
});

it('drop removes what matches and nothing else', async () => {
  await die(...three);
  await run('drop', QUEUE, '--filter', 'code=unreadable');
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(2);
  expect(await idsIn(`${QUEUE}.dead`)).toEqual(['m1', 'm3']);
});

it('replay refuses what is older than the services remember', async () => {
  await die({ id: 'old', accountId: 'acc_1', code: 'TypeError', madeAgoMs: 31 * 24 * HOUR });
  await run('replay', QUEUE);
  expect(printed).toContain('0 of 1 dead letters replayed, 1 too old');
  await expect.poll(() => count(`${QUEUE}.dead`)).toBe(1);
  expect(await count(QUEUE)).toBe(0);
});

it('a queue that is not there, or a filter that does not exist, is one clear sentence', async () => {
  await expect(run('list', 'nobody')).rejects.toThrow('There is no queue nobody.dead on this broker');
  await expect(run('drop', QUEUE, '--filter', 'colour=red')).rejects.toThrow('is not a filter');
});
