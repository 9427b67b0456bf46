import type { Db, Filter } from 'mongodb';
import type { Claim } from '../claims/claim.ts';
import type { Position } from '../position.ts';
import type { RevokeFilter } from './revoke-job.ts';

/** Finds the claims that a job is about: granted ones that fit its filter and were granted before it began. */
export interface RevocableClaims {
  count(filter: RevokeFilter, began: Date): Promise<number>;
  /** Where they are, the newest first; those after a position where one is given. */
  positions(
    query: { filter: RevokeFilter; began: Date; after?: Position | undefined },
    limit: number,
  ): Promise<Position[]>;
  ensureIndexes(): Promise<void>;
}

type ClaimDocument = Omit<Claim, 'id'> & { _id: string };

export function createRevocableClaims(db: Db): RevocableClaims {
  const claims = db.collection<ClaimDocument>('claims');

  return {
    count: (filter, began) => claims.countDocuments(conditionsOf(filter, began)),
    positions: async ({ filter, began, after }, limit) => {
      const conditions = conditionsOf(filter, began);
      const found = await claims
        .find(after ? { $and: [conditions, ...isAfter(after)] } : conditions)
        .project<{ _id: string; createdAt: Date }>({ createdAt: 1 })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, createdAt }) => ({ createdAt, id: _id }));
    },
    // By account there is one for the history.
    ensureIndexes: async () => {
      await claims.createIndex({ eventId: 1, createdAt: -1, _id: -1 });
    },
  };
}

function conditionsOf(
  { eventId, rewardId, accountId, from, to }: RevokeFilter,
  began: Date,
): Filter<ClaimDocument> {
  return {
    ...(eventId !== undefined && { eventId }),
    ...(accountId !== undefined && { accountId }),
    ...(rewardId !== undefined && { rewardId }),
    createdAt: { $lt: to && to < began ? to : began, ...(from && { $gte: from }) },
    status: 'granted',
    completedAt: { $lt: began },
  };
}

/** The first of the two is what the index is entered at. */
const isAfter = ({ createdAt, id }: Position): Filter<ClaimDocument>[] => [
  { createdAt: { $lte: createdAt } },
  { $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] },
];
