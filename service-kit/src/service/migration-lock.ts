import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Db } from 'mongodb';
import { isDuplicateKey } from '../mongo/index.ts';

interface LockDocument {
  _id: 'migrations';
  holder: string;
  until: Date;
}

const LEASE_MS = 30_000;
const LOOK_AGAIN_MS = 100;
const LONGEST_WAIT_MS = 10 * 60_000;

/**
 * Does something while nobody else does it. The lock is a lease, so that one whose process was killed ends, and the
 * database's own clock tells when.
 *
 * @throws {Error} when somebody else has had it for ten minutes
 */
export async function withMigrationLock<Result>(db: Db, work: () => Promise<Result>): Promise<Result> {
  const locks = db.collection<LockDocument>('migrationLock');
  const holder = randomUUID();
  const until = { $add: ['$$NOW', LEASE_MS] };

  async function take(): Promise<boolean> {
    const free = { _id: 'migrations' as const, $expr: { $lt: ['$until', '$$NOW'] } };
    const { matchedCount } = await locks.updateOne(free, [{ $set: { holder, until } }]);
    return matchedCount === 1;
  }

  await locks
    .updateOne({ _id: 'migrations' }, { $setOnInsert: { holder: '', until: new Date(0) } }, { upsert: true })
    .catch((error: unknown) => {
      // Another instance made it at the same moment.
      if (!isDuplicateKey(error)) throw error;
    });
  const waitUntil = performance.now() + LONGEST_WAIT_MS;
  while (!(await take())) {
    if (performance.now() > waitUntil) throw new Error('another instance has been migrating for ten minutes');
    await delay(LOOK_AGAIN_MS);
  }
  const renewal = setInterval(() => {
    // One that fails is tried again well before the lease ends.
    locks.updateOne({ holder }, [{ $set: { until } }]).catch(() => undefined);
  }, LEASE_MS / 5);
  try {
    return await work();
  } finally {
    clearInterval(renewal);
    await locks.updateOne({ holder }, { $set: { until: new Date(0) } });
  }
}
