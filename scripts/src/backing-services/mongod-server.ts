import { mkdir } from 'node:fs/promises';
import { MongoClient, MongoServerError } from 'mongodb';
import { z } from 'zod';
import type { ServerDefinition } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';

export const REPLICA_SET = 'rs0';
export const NOT_YET_INITIALIZED = 94;
/** A limit, not a reservation. With less, a long benchmark would measure the eviction of pages. */
const CACHE_GB = '2';
/**
 * A process that is killed during a transaction leaves it open, and until this limit nobody else can change the same
 * documents. Services end a transaction after 10 s themselves.
 */
const TRANSACTION_SECONDS = 10;

const ReplicaSetConfig = z.object({
  config: z.looseObject({ version: z.number(), members: z.array(z.object({ host: z.string() })) }),
});

export interface MongodServerOptions {
  binary: string;
  directory: string;
  port: number;
}

/** A replica set of one: transactions and change streams need a replica set. */
export function mongodServer({ binary, directory, port }: MongodServerOptions): ServerDefinition {
  return {
    name: 'mongodb',
    port,
    stopGraceMs: 30_000,
    async spec() {
      await mkdir(directory, { recursive: true });
      return {
        command: binary,
        args: [...mongodArguments(port), ...privateArguments(directory)],
        cwd: directory,
        env: { PATH: process.env['PATH'] },
      };
    },
    waitUntilReady: (signal) => becomePrimary(port, signal),
  };
}

export function mongodArguments(port: number, cacheGb = CACHE_GB): string[] {
  const limit = `transactionLifetimeLimitSeconds=${TRANSACTION_SECONDS}`;
  const set = ['--port', String(port), '--replSet', REPLICA_SET];
  return [...set, '--wiredTigerCacheSizeGB', cacheGb, '--setParameter', limit];
}

/** For a server that only processes of this machine may reach. */
export function privateArguments(directory: string): string[] {
  return ['--dbpath', directory, '--bind_ip', '127.0.0.1', '--nounixsocket', '--quiet'];
}

export function mongodbUrl(port: number): string {
  return `mongodb://127.0.0.1:${port}/?replicaSet=${REPLICA_SET}`;
}

/** Waits for the server, makes it a replica set of one under its present port, and waits until it takes writes. */
export async function becomePrimary(port: number, signal?: AbortSignal): Promise<void> {
  const wait = { everyMs: 50, limitMs: 90_000, what: 'MongoDB', signal };
  await waitUntil(() => isPrimary(`127.0.0.1:${port}`), wait);
}

// A new client for each attempt: after a failed first connection a client may stay closed.
async function isPrimary(host: string): Promise<boolean> {
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2000,
  });
  try {
    await configureReplicaSet(client, host);
    const wait = { everyMs: 50, limitMs: 10_000, what: 'the primary' };
    return await waitUntil(
      async () => (await client.db('admin').command({ hello: 1 }))['isWritablePrimary'] === true,
      wait,
    );
  } finally {
    await client.close();
  }
}

async function configureReplicaSet(client: MongoClient, host: string): Promise<void> {
  const admin = client.db('admin');
  const members = [{ _id: 0, host }];
  try {
    const { config } = ReplicaSetConfig.parse(await admin.command({ replSetGetConfig: 1 }));
    if (config.members.length === 1 && config.members[0]?.host === host) return;
    // The data was made with another port, so the server does not find itself in the set.
    await admin.command({
      replSetReconfig: { ...config, version: config.version + 1, members },
      force: true,
    });
  } catch (error) {
    if (!(error instanceof MongoServerError) || error.code !== NOT_YET_INITIALIZED) throw error;
    await admin.command({ replSetInitiate: { _id: REPLICA_SET, members } });
  }
}
