import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { MongoClient, ObjectId, type Db } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { runCommand } from '../processes/run-command.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { packageDirectory } from '../repository/packages.ts';
import { LaurelSystem } from '../system/laurel-system.ts';
import { bareEnvironment, freeAddresses, PrivateBackingServices } from '../system/private-system.ts';
import {
  usualPlans,
  type Benchmark,
  type Candidate,
  type Figures,
  type PreparedBenchmark,
} from './benchmark.ts';

const QUEUE = 'auth-service.reward-requests';
const EXCHANGE = 'laurel.rewards';
/** Messages in the queue for each second of a round: what is asked for, so that a round is about as long as planned. */
const MESSAGES_PER_SECOND = 10_000;
const ACCOUNTS = 50_000;
const QUANTITY = 5;
const FILL_WINDOW = 2_000;
const DONE_WITHIN_MS = 180_000;

interface Stage {
  backing: PrivateBackingServices;
  system: LaurelSystem;
  client: MongoClient;
  db: Db;
  broker: ChannelModel;
  channel: ConfirmChannel;
  accountIds: string[];
  /** Messages sent so far. */
  sent: number;
}

/** Grants a second out of a full queue: auth-service alone, which decides, enters and answers each of them. */
export const grants: Benchmark = {
  name: 'grants',
  summary: 'grants a second that auth-service consumes from a full queue, alone with its broker and store',
  plans: usualPlans,
  prepare: async () => {
    const stage = await setStage();
    return {
      processes: stage.system.servers,
      candidates: [
        { batchSize: 200, consumers: 1 },
        { batchSize: 500, consumers: 1 },
        { batchSize: 1_000, consumers: 1 },
        { batchSize: 500, consumers: 2 },
      ].map((tuning) => fullQueue(stage, tuning)),
      verify: () => everyRequestGrantedOnce(stage),
      stop: () => strike(stage),
    } satisfies PreparedBenchmark;
  },
};

async function setStage(): Promise<Stage> {
  const backing = await PrivateBackingServices.start();
  const system = new LaurelSystem({
    backing: backing.services,
    credentials: backing.credentials,
    addresses: await freeAddresses(),
    baseEnvironment: bareEnvironment(),
    surroundings: backing.surroundings,
  });
  await system.server('auth-service').start();
  const client = await MongoClient.connect(backing.services.mongodb.url);
  const db = client.db('auth_db');
  const broker = await connect(backing.services.rabbitmq.url);
  const channel = await broker.createConfirmChannel();
  await takeAnswers(channel);
  const accountIds = await seedPlayers(db);
  return { backing, system, client, db, broker, channel, accountIds, sent: 0 };
}

async function strike({ backing, system, client, broker }: Stage): Promise<void> {
  await broker.close();
  await client.close();
  await system.stopServices();
  await backing.stop();
}

/** auth-service publishes with `mandatory`, so its messages need a queue; this one drops them. */
async function takeAnswers(channel: ConfirmChannel): Promise<void> {
  const { queue } = await channel.assertQueue('', { exclusive: true, maxLength: 1_000 });
  await channel.bindQueue(queue, EXCHANGE, 'reward.granted');
  await channel.bindQueue(queue, EXCHANGE, 'reward.refused');
  await channel.bindQueue(queue, 'laurel.accounts', '#');
}

/** Accounts like the one that is there from the start, but players, each with a name of its own. */
async function seedPlayers(db: Db): Promise<string[]> {
  const accounts = db.collection<{ _id: string }>('accounts');
  const template = await accounts.findOne();
  const ids = Array.from({ length: ACCOUNTS }, () => `acc_${randomUUID()}`);
  const players = ids.map((_id) =>
    Object.assign({}, template, { _id, username: _id, usernameKey: _id, searchKeys: [_id], roles: ['USER'] }),
  );
  await accounts.insertMany(players, { ordered: false });
  return ids;
}

/** `REWARD_REQUESTS_BATCH_SIZE` and `REWARD_REQUESTS_CONSUMERS`. */
interface Tuning {
  batchSize: number;
  consumers: number;
}

/** Fills the queue while its consumer is paused; the round lasts until everything is granted. */
function fullQueue(stage: Stage, tuning: Tuning): Candidate {
  return {
    name: `batches of ${tuning.batchSize}, consumers ${tuning.consumers}`,
    prepare: async (durationMs) => {
      const count = Math.ceil((durationMs / 1_000) * MESSAGES_PER_SECOND);
      await changeConsumer(stage, { paused: true, prefetch: 'auto', ...tuning });
      await fill(stage, count);
      return () => consumeAll(stage, count);
    },
  };
}

async function changeConsumer({ system, backing }: Stage, change: object): Promise<void> {
  const address = system.instances.find(({ service }) => service === 'auth-service')?.address;
  const response = await fetch(`http://127.0.0.1:${address?.adminPort}/consumers/${QUEUE}`, {
    method: 'PATCH',
    headers: {
      authorization: `Bearer ${backing.credentials.adminToken}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(change),
  });
  if (!response.ok) throw new Error(`the consumer could not be changed: ${await response.text()}`);
}

async function fill(stage: Stage, count: number): Promise<void> {
  const { channel, accountIds } = stage;
  for (let sent = 0; sent < count; sent += 1) {
    const accountId = accountIds[Math.floor(Math.random() * accountIds.length)] ?? '';
    channel.publish(EXCHANGE, 'reward.requested', requestFor(accountId), {
      persistent: true,
      contentType: 'application/cloudevents+json',
    });
    if (sent % FILL_WINDOW === FILL_WINDOW - 1) await channel.waitForConfirms();
  }
  await channel.waitForConfirms();
  stage.sent += count;
}

/** As game-event-service sends it. */
function requestFor(accountId: string): Buffer {
  const claimId = `clm_${randomUUID()}`;
  const now = new Date().toISOString();
  const data = {
    claimId,
    grantId: `${claimId}.1`,
    accountId,
    eventId: 'evt_benchmark',
    eventVersion: 1,
    rewardId: 'rwd_benchmark',
    period: 'once',
    reward: { kind: 'currency', asset: 'gold', quantity: QUANTITY },
    deadline: now,
  };
  return Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: new ObjectId().toHexString(),
      source: 'game-event-service',
      type: 'laurel.reward.requested.v1',
      time: now,
      subject: claimId,
      datacontenttype: 'application/json',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      data,
    }),
  );
}

async function consumeAll(stage: Stage, count: number): Promise<Figures> {
  const { db, sent } = stage;
  const startedAt = performance.now();
  const seconds = (): number => (performance.now() - startedAt) / 1_000;
  await changeConsumer(stage, { paused: false });
  const wait = { limitMs: DONE_WITHIN_MS, everyMs: 10 };
  const entries = async () => (await db.collection('ledger').estimatedDocumentCount()) >= sent;
  await waitUntil(entries, { ...wait, what: 'every request to be granted' });
  const granted = count / seconds();
  const answered = async () => (await db.collection('outbox').estimatedDocumentCount()) === 0;
  await waitUntil(answered, { ...wait, what: 'every answer to be sent' });
  return { 'granted/s': granted, 'answered/s': count / seconds() };
}

/** A figure counts only when the work was right: as many entries as requests, and balances that agree. */
async function everyRequestGrantedOnce({ db, backing, sent }: Stage): Promise<void> {
  const entries = await db.collection('ledger').countDocuments({ kind: 'grant', quantity: QUANTITY });
  if (entries !== sent) throw new Error(`${sent} rewards were asked for, and the ledger has ${entries}`);
  const { code, output } = await runCommand(process.execPath, ['src/commands/verify-ledger.ts'], {
    cwd: packageDirectory('auth-service'),
    env: { ...bareEnvironment(), MONGODB_URL: backing.services.mongodb.url },
  });
  if (code !== 0) throw new Error(`the ledger does not agree with itself:\n${output}`);
}
