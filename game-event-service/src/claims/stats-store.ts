import { randomInt } from 'node:crypto';
import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { CLAIM_STATUSES, type ClaimStatus } from './claim.ts';
import type { Tallies } from '../participation/progress/tally.ts';

interface StatsDocument {
  /** The event and a shard: the figures of an event are the sums over its shards. */
  _id: string;
  participants?: number;
  eligible?: number;
  claims?: Partial<Record<ClaimStatus, number>>;
}

export interface EventFigures {
  participants: number;
  eligible: number;
  claims: Record<ClaimStatus, number>;
}

export interface StatsStore {
  /** Adds to the figures of events, in the transaction of what is counted. */
  add(tallies: Tallies, session: ClientSession): Promise<void>;
  figuresOf(eventId: string): Promise<EventFigures>;
}

/**
 * Transactions that count for the same event at the same time would fight over one document: groups of claims,
 * settlements, check-ins and activity, on every instance. Each takes one of these at random, and another when it is
 * run again.
 */
const SHARDS = 64;

export const statsIndexes: IndexSpec[] = [{ collection: 'eventStats', indexes: [] }];

/** @param shard a number below the one it is given */
export function createStatsStore(db: Db, shard: (below: number) => number = randomInt): StatsStore {
  const stats = db.collection<StatsDocument>('eventStats');

  return {
    add: async (tallies, session) => {
      if (tallies.size === 0) return;
      const chosen = shard(SHARDS);
      await stats.bulkWrite(
        [...tallies].map(([eventId, figures]) => ({
          updateOne: {
            filter: { _id: `${eventId}:${chosen}` },
            update: { $inc: Object.fromEntries(figures) },
            upsert: true,
          },
        })),
        { session, ordered: false },
      );
    },
    figuresOf: async (eventId) => {
      const ids = Array.from({ length: SHARDS }, (_, index) => `${eventId}:${index}`);
      const found = await stats.find({ _id: { $in: ids } }).toArray();
      const sum = (figure: (each: StatsDocument) => number | undefined): number =>
        found.reduce((total, each) => total + (figure(each) ?? 0), 0);
      return {
        participants: sum((each) => each.participants),
        eligible: sum((each) => each.eligible),
        claims: claimsByStatus((status) => sum(({ claims }) => claims?.[status])),
      };
    },
  };
}

function claimsByStatus(count: (status: ClaimStatus) => number): Record<ClaimStatus, number> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of all of them
  return Object.fromEntries(CLAIM_STATUSES.map((status) => [status, count(status)])) as Record<
    ClaimStatus,
    number
  >;
}
