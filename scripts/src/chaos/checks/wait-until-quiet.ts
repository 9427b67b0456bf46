import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import type { BrokerObserver } from '../broker/broker-observer.ts';

export interface Busy {
  /** Pending or revoking. */
  openClaims: number;
  outboxRows: number;
  waitingMessages: number;
}

const EVERY_MS = 400;
/** Seen idle so many times in a row: a message may be between two queues at the moment of looking. */
const IN_A_ROW = 4;

/** Waits until nothing is on its way any more. @returns what still was when the limit was reached */
export async function waitUntilQuiet(
  {
    mongo,
    broker,
    passingQueues,
  }: { mongo: MongoClient; broker: BrokerObserver; passingQueues: readonly string[] },
  limitMs: number,
): Promise<{ afterMs: number; left: Busy | undefined }> {
  const startedAt = performance.now();
  let idle = 0;
  for (;;) {
    const busy: Busy = {
      openClaims: await mongo
        .db('event_db')
        .collection('claims')
        .countDocuments({ status: { $in: ['pending', 'revoking'] } }),
      outboxRows: await outboxRows(mongo),
      waitingMessages: await broker.waiting(passingQueues),
    };
    const afterMs = Math.round(performance.now() - startedAt);
    idle = Object.values(busy).every((count) => count === 0) ? idle + 1 : 0;
    if (idle === IN_A_ROW) return { afterMs, left: undefined };
    if (afterMs > limitMs) return { afterMs, left: busy };
    await delay(EVERY_MS);
  }
}

async function outboxRows(mongo: MongoClient): Promise<number> {
  const counts = ['auth_db', 'event_db'].map((name) => mongo.db(name).collection('outbox').countDocuments());
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}
