import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Collection, Document } from 'mongodb';
import { documentLease, LEASE_FIELDS, type LeaseFields } from './document-lease.ts';
import { isDuplicateKey } from './mongo-errors.ts';

export interface LeaseOptions {
  /** Holds one document for each lease. */
  collection: Collection<LeaseDocument>;
  /** `_id` of the document. The first `take` inserts it. */
  id: string;
  /** How long the lease holds after it was taken or renewed, in milliseconds. */
  leaseMs: number;
  /** Names of the stored fields. Default `holder` and `until`. */
  fields?: LeaseFields;
}

export interface LeaseDocument extends Document {
  _id: string;
}

/**
 * A lease on one thing that only one instance may do at a time. It ends by the clock of the database, so that
 * instances whose clocks differ agree, and a killed holder keeps it for `leaseMs` at most.
 */
export interface Lease {
  /**
   * Takes the lease when it is free, or prolongs it when it is ours. In the first half of its time it answers from
   * memory.
   *
   * @returns false while another instance holds it
   */
  take(): Promise<boolean>;
  /**
   * Prolongs the lease.
   *
   * @returns false when it is not ours any more
   */
  renew(): Promise<boolean>;
  /** Gives the lease up, so that the next holder need not wait for its end. */
  release(): Promise<void>;
  /**
   * Waits for the lease, and holds it while `work` runs.
   *
   * @param waitMs how long to wait for another holder, in milliseconds
   * @throws {LeaseTakenError} when another instance has held it for `waitMs`
   * @throws what `work` throws
   */
  during<Result>(work: () => Promise<Result>, waitMs: number): Promise<Result>;
}

/** Another instance held the lease for too long. */
export class LeaseTakenError extends Error {
  override readonly name = 'LeaseTakenError';
}

const RETRY_MS = 100;

/** Makes a lease that this instance can hold. Each call makes a holder of its own. */
export function createLease({ collection, id, leaseMs, fields = LEASE_FIELDS }: LeaseOptions): Lease {
  const holder = randomUUID();
  const { isFree, held, free } = documentLease(fields);
  const isOurs = { $eq: [`$${fields.holder}`, holder] };
  const own = { _id: id, [fields.holder]: holder };
  let heldUntil = 0;

  /** One write: it takes a free lease, prolongs ours, and leaves another's as it is. */
  async function takeStored(): Promise<boolean> {
    const taken = Object.entries(held(holder, leaseMs)).map(([field, value]) => [
      field,
      { $cond: [{ $or: [isOurs, isFree] }, value, `$${field}`] },
    ]);
    const stored = await collection.findOneAndUpdate({ _id: id }, [{ $set: Object.fromEntries(taken) }], {
      upsert: true,
      returnDocument: 'after',
    });
    return stored?.[fields.holder] === holder;
  }

  async function take(): Promise<boolean> {
    const askedAt = performance.now();
    if (askedAt < heldUntil) return true;
    heldUntil = 0;
    const isTaken = await takeStored().catch((error: unknown) => {
      // Another instance inserted the document in the same moment, and holds the lease.
      if (isDuplicateKey(error)) return false;
      throw error;
    });
    if (isTaken) heldUntil = askedAt + leaseMs / 2;
    return isTaken;
  }

  async function renew(): Promise<boolean> {
    const { matchedCount } = await collection.updateOne(own, [{ $set: held(holder, leaseMs) }]);
    return matchedCount === 1;
  }

  async function release(): Promise<void> {
    heldUntil = 0;
    await collection.updateOne(own, { $set: free });
  }

  async function during<Result>(work: () => Promise<Result>, waitMs: number): Promise<Result> {
    const waitUntil = performance.now() + waitMs;
    while (!(await take())) {
      if (performance.now() > waitUntil) {
        throw new LeaseTakenError(`another instance has held the lease ${id} for ${waitMs} ms`);
      }
      await delay(RETRY_MS);
    }
    // A renewal that fails is tried again well before the lease ends.
    const renewal = setInterval(() => void renew().catch(() => undefined), leaseMs / 5);
    try {
      return await work();
    } finally {
      clearInterval(renewal);
      await release();
    }
  }

  return { take, renew, release, during };
}
