import type { Collection } from 'mongodb';
import { randomUUID } from 'node:crypto';
import type { LeaseDocument } from './audit-collections.ts';

/** Keeps all sealers but one from trying. What keeps two of them apart is the number of the seal, not this. */
export interface SealerLease {
  /** Takes or prolongs it; false while another holds it. */
  hold(): Promise<boolean>;
  /** Gives it up, so that another sealer has not to wait for its end. */
  release(): Promise<void>;
}

/**
 * @param leaseMs how long it holds unless prolonged, in milliseconds, by the clock of the database
 */
export function createSealerLease(leases: Collection<LeaseDocument>, leaseMs: number): SealerLease {
  const holder = randomUUID();
  let freshUntil = 0;

  return {
    hold: async () => {
      if (performance.now() < freshUntil) return true;
      const asked = performance.now();
      const isFree = { $or: [{ $eq: ['$holder', holder] }, { $lte: ['$until', '$$NOW'] }] };
      const { matchedCount } = await leases.updateOne({ _id: 'sealer', $expr: isFree }, [
        { $set: { holder, until: { $add: ['$$NOW', leaseMs] } } },
      ]);
      freshUntil = matchedCount === 1 ? asked + leaseMs / 2 : 0;
      return matchedCount === 1;
    },
    release: async () => {
      freshUntil = 0;
      await leases.updateOne({ _id: 'sealer', holder }, { $set: { holder: null, until: new Date(0) } });
    },
  };
}
