import { ObjectId, type ClientSession, type Db, type WithId } from 'mongodb';
import { keysetFilter } from 'service-kit/mongo';
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

const OLDEST_FIRST = { revokedAt: 1, _id: 1 } as const;

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
      const since = { expiresAt: { $gt: now }, ...(from && { revokedAt: { $gte: from } }) };
      const position = after && { revokedAt: after.revokedAt, _id: ObjectId.createFromHexString(after.id) };
      const found = await revocations
        .find(
          { $and: [since, keysetFilter<RevocationDocument>(OLDEST_FIRST, position)] },
          { sort: OLDEST_FIRST, limit },
        )
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
