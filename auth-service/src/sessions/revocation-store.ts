import { ObjectId, type ClientSession, type Db, type Filter, type WithId } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import type { Revocation, RevocationRecord } from './revocation.ts';

interface RevocationDocument extends Omit<Revocation, 'sessionIds'> {
  sessionIds?: string[];
  revokedAt: Date;
  /** When the last token that it ends is dead by itself. */
  expiresAt: Date;
}

/** The last revocation of a page, after which the next begins. */
export interface RevocationPosition {
  revokedAt: Date;
  /** 24 hexadecimal digits. */
  id: string;
}

/** Which revocations are asked for: of those that still end a token, from a time on or after a position. */
export interface RevocationQuery {
  now: Date;
  from: Date | undefined;
  after: RevocationPosition | undefined;
}

export interface RevocationStore {
  insert(revocation: RevocationRecord & { expiresAt: Date }, transaction: ClientSession): Promise<void>;
  /** A page, oldest first. */
  listLive(query: RevocationQuery, limit: number): Promise<(RevocationRecord & { id: string })[]>;
}

export const revocationIndexes: IndexSpec[] = [
  {
    collection: 'revocations',
    indexes: [{ key: { revokedAt: 1, _id: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
    // The index that the first has replaced.
    drops: ['revokedAt_1'],
  },
];

export function createRevocationStore(db: Db): RevocationStore {
  const revocations = db.collection<RevocationDocument>('revocations');

  return {
    insert: async ({ sessionIds, ...revocation }, transaction) => {
      const document = { ...revocation, ...(sessionIds && { sessionIds: [...sessionIds] }) };
      await revocations.insertOne(document, { session: transaction });
    },
    listLive: async ({ now, from, after }, limit) => {
      const found = await revocations
        .find({
          expiresAt: { $gt: now },
          ...(from && { revokedAt: { $gte: from } }),
          ...(after && beyond(after)),
        })
        .sort({ revokedAt: 1, _id: 1 })
        .limit(limit)
        .toArray();
      return found.map(toRecord);
    },
  };
}

function toRecord({
  _id,
  expiresAt: _expiresAt,
  ...record
}: WithId<RevocationDocument>): RevocationRecord & { id: string } {
  return { id: _id.toHexString(), ...record };
}

const beyond = ({ revokedAt, id }: RevocationPosition): Filter<RevocationDocument> => ({
  $or: [{ revokedAt: { $gt: revokedAt } }, { revokedAt, _id: { $gt: ObjectId.createFromHexString(id) } }],
});
