import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Db, type Document, MongoClient, MongoServerError } from 'mongodb';
import type { ServerDefinition } from '../processes/server.ts';
import { waitUntil } from '../processes/wait-until.ts';
import { mongodArguments, NOT_YET_INITIALIZED, privateArguments, REPLICA_SET } from './mongod-server.ts';

const CACHE_GB = '0.25';
/** Half of the default: a fault test of one minute should see several elections. */
const ELECTION_TIMEOUT_MS = 5_000;
const READY_WITHIN_MS = 90_000;

export interface ReplicaSetMember {
  port: number;
  /** The address that clients and other members use; a proxy may stand there. */
  host: string;
}

/** A replica set of several members. Start one after the other: the last one initiates the set. */
export function mongodReplicaSet(
  binary: string,
  directory: string,
  members: readonly ReplicaSetMember[],
): ServerDefinition[] {
  return members.map(({ port }, index) => ({
    name: `mongodb-${index + 1}`,
    port,
    stopGraceMs: 30_000,
    async spec() {
      const data = join(directory, String(index + 1));
      await mkdir(data, { recursive: true });
      return {
        command: binary,
        args: [...mongodArguments(port, CACHE_GB), ...privateArguments(data)],
        cwd: data,
        env: { PATH: process.env['PATH'] },
      };
    },
    waitUntilReady: (signal) => becomeMember(port, index === members.length - 1 ? members : [], signal),
  }));
}

export function replicaSetUrl(members: readonly ReplicaSetMember[]): string {
  return `mongodb://${members.map(({ host }) => host).join(',')}/?replicaSet=${REPLICA_SET}`;
}

/** @param founders the members of the set, if this member initiates the set */
async function becomeMember(
  port: number,
  founders: readonly ReplicaSetMember[],
  signal: AbortSignal,
): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 2_000,
  });
  const admin = client.db('admin');
  const wait = { everyMs: 100, limitMs: READY_WITHIN_MS, what: 'MongoDB', signal };
  try {
    // Connect each time: after a failed first connect a client stays closed.
    await waitUntil(async () => !!(await client.connect()), wait);
    if (!(await isInitialized(admin))) {
      if (founders.length === 0) return;
      await waitUntil(() => initiate(admin, founders), wait);
    }
    await waitUntil(async () => isMember(await admin.command({ hello: 1 })), wait);
  } finally {
    await client.close();
  }
}

function isMember({ isWritablePrimary, secondary, primary }: Document): boolean {
  return (isWritablePrimary === true || secondary === true) && primary !== undefined;
}

async function isInitialized(admin: Db): Promise<boolean> {
  try {
    await admin.command({ replSetGetConfig: 1 });
    return true;
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NOT_YET_INITIALIZED) return false;
    throw error;
  }
}

async function initiate(admin: Db, founders: readonly ReplicaSetMember[]): Promise<true> {
  const members = founders.map(({ host }, _id) => ({ _id, host }));
  const settings = { electionTimeoutMillis: ELECTION_TIMEOUT_MS };
  await admin.command({ replSetInitiate: { _id: REPLICA_SET, members, settings } });
  return true;
}
