import type { Db } from 'mongodb';
import type { Claim } from '../claim.ts';
import { historyFilter } from '../../database/history-filter.ts';
import type { CreationPosition } from 'service-kit/http';
import type { RevokeFilter } from './revoke-job.ts';

/**
 * Finds the claims that a job is about: granted ones that fit its filter and were granted before it began, along the
 * indexes of the history.
 */
export interface RevocableClaims {
  count(filter: RevokeFilter, began: Date): Promise<number>;
  /** Where they are, the newest first; those after a position where one is given. */
  positions(
    query: { filter: RevokeFilter; began: Date; after?: CreationPosition | undefined },
    limit: number,
  ): Promise<CreationPosition[]>;
}

export function createRevocableClaims(db: Db): RevocableClaims {
  const claims = db.collection<Omit<Claim, 'id'> & { _id: string }>('claims');

  return {
    count: (filter, began) => claims.countDocuments(conditionsOf(filter, began)),
    positions: async ({ filter, began, after }, limit) => {
      const found = await claims
        .find(conditionsOf(filter, began, after))
        .project<{ _id: string; createdAt: Date }>({ createdAt: 1 })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id, createdAt }) => ({ createdAt, id: _id }));
    },
  };
}

function conditionsOf(
  { eventId, rewardId, accountId, from, to }: RevokeFilter,
  began: Date,
  after?: CreationPosition,
): object {
  const span = { from, to: to && to < began ? to : began };
  const history = historyFilter({ eventId, rewardId, accountId, status: 'granted' }, span, after);
  return { $and: [history, { completedAt: { $lt: began } }] };
}
