import { MongoClient, type Db } from 'mongodb';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { createLogger, type Logger } from '../src/logging/index.ts';
import { createBrokerConnection, type BrokerConnection } from '../src/messaging/broker-connection.ts';
import type { ConsumerTuning, Topology } from '../src/messaging/index.ts';

/** The servers of a benchmark, with a database of its own. */
export interface Stage {
  client: MongoClient;
  db: Db;
  urls: readonly string[];
  logger: Logger;
  /** Drops the database. */
  close(): Promise<void>;
}

export const QUEUE = 'bench.work';
export const ROUTE = { exchange: 'bench', routingKey: 'work' } as const;

/** One step, so that what fails for good is soon dead. */
const retryDelays = [{ label: '2s', ms: 2_000 }];

export const topology: Topology = {
  exchanges: { [ROUTE.exchange]: { type: 'topic' } },
  queues: { [QUEUE]: { bindings: [ROUTE], type: 'quorum', deliveryLimit: 20, retryDelays } },
};

/** The defaults of every service. */
export const defaults: ConsumerTuning = {
  prefetch: 'auto',
  consumers: 1,
  batchSize: 200,
  batchLingerMs: 5,
  retryDelays,
  queueType: 'quorum',
  deliveryLimit: 20,
};

export const outboxDefaults = { batch: 200, window: 500, leaseMs: 30_000 };

export const Work = z.object({ type: z.literal('bench.work.v1'), data: z.object({ n: z.int() }) });
export type Work = z.infer<typeof Work>;

/** About as large as a `laurel.reward.requested.v1`. */
export const workData = (n: number): Work['data'] & { filling: string } => ({ n, filling: 'x'.repeat(250) });

export async function openStage(): Promise<Stage> {
  const mongodb = required('MONGODB_URL');
  const client = await MongoClient.connect(mongodb, {
    writeConcern: { w: 'majority' },
    ignoreUndefined: true,
  });
  const db = client.db(`kit_bench_${randomUUID()}`);
  return {
    client,
    db,
    urls: [required('RABBITMQ_URL')],
    logger: createLogger({ service: 'bench', level: 'error', destination: process.stderr }),
    close: async () => {
      await db.dropDatabase();
      await client.close();
    },
  };
}

export async function connectBroker(stage: Stage, name: string): Promise<BrokerConnection> {
  const connection = createBrokerConnection({ ...stage, name, topology });
  await connection.open(10_000);
  return connection;
}

function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: a benchmark needs real servers`);
  return value;
}
