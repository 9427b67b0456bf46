import type { ClientSession, Db } from 'mongodb';
import type { Revocation, RevocationRecord } from './revocation.ts';

interface RevocationDocument extends Omit<Revocation, 'sessionIds'> {
  sessionIds?: string[];
  revokedAt: Date;
  /** When the last token that it ends is dead by itself. */
  expiresAt: Date;
}

export interface RevocationStore {
  ensureIndexes(): Promise<void>;
  insert(revocation: RevocationRecord & { expiresAt: Date }, transaction: ClientSession): Promise<void>;
  /** Those that still end a token, from a time on, oldest first. */
  listLive(now: Date, from: Date | undefined): Promise<RevocationRecord[]>;
}

export function createRevocationStore(db: Db): RevocationStore {
  const revocations = db.collection<RevocationDocument>('revocations');

  return {
    ensureIndexes: async () => {
      await revocations.createIndexes([
        { key: { revokedAt: 1 } },
        { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
      ]);
    },
    insert: async ({ sessionIds, ...revocation }, transaction) => {
      const document = { ...revocation, ...(sessionIds && { sessionIds: [...sessionIds] }) };
      await revocations.insertOne(document, { session: transaction });
    },
    listLive: async (now, from) => {
      return await revocations
        .find({ expiresAt: { $gt: now }, ...(from && { revokedAt: { $gte: from } }) })
        .project<RevocationRecord>({ _id: 0, expiresAt: 0 })
        .sort({ revokedAt: 1 })
        .toArray();
    },
  };
}
