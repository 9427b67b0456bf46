import type { ClientSession, Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { historyFilter, type Span } from '../database/history-filter.ts';
import type { CreationPosition } from 'service-kit/http';
import type { AttemptStatus, ClaimAttempt } from './claim-attempt.ts';
import type { Settlement } from './decide-settlements.ts';

interface AttemptDocument extends Omit<ClaimAttempt, 'id'> {
  _id: string;
  expiresAt: Date;
}

export interface AttemptQuery extends Span {
  accountId?: string | undefined;
  eventId?: string | undefined;
  status?: AttemptStatus | undefined;
  after?: CreationPosition | undefined;
  limit: number;
}

/** The attempts that no claim shows. */
export interface ClaimAttemptStore {
  insertAll(attempts: readonly ClaimAttempt[], expiresAt: Date, session: ClientSession): Promise<void>;
  /** Brings those that were accepted to what the ledger has decided. */
  settleAll(settlements: readonly Settlement[], session: ClientSession): Promise<void>;
  /** Those that are kept, the newest first. */
  list(query: AttemptQuery): Promise<ClaimAttempt[]>;
}

export const claimAttemptIndexes: IndexSpec[] = [
  {
    collection: 'claimAttempts',
    indexes: [
      { key: { accountId: 1, createdAt: -1, _id: -1 } },
      { key: { eventId: 1, createdAt: -1, _id: -1 } },
      { key: { createdAt: -1, _id: -1 } },
      { key: { expiresAt: 1 }, expireAfterSeconds: 0 },
    ],
  },
];

export function createClaimAttemptStore(db: Db): ClaimAttemptStore {
  const attempts = db.collection<AttemptDocument>('claimAttempts');

  return {
    insertAll: async (made, expiresAt, session) => {
      const documents = made.map(({ id, ...fields }) => ({ _id: id, ...fields, expiresAt }));
      await attempts.insertMany(documents, { session, ordered: false });
    },
    // One update for all that ended alike, because most of a batch do.
    settleAll: async (settlements, session) => {
      const alike = Map.groupBy(settlements, (settlement) =>
        settlement.status === 'rejected' ? settlement.reason : undefined,
      );
      await attempts.bulkWrite(
        [...alike].map(([reason, same]) => ({
          updateMany: {
            filter: { _id: { $in: same.map(({ grantId }) => grantId) } },
            update: { $set: reason === undefined ? { status: 'granted' } : { status: 'refused', reason } },
          },
        })),
        { session, ordered: false },
      );
    },
    list: async ({ accountId, eventId, status, after, limit, ...span }) => {
      const found = await attempts
        .find(historyFilter({ accountId, eventId, status }, span, after))
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(fromDocument);
    },
  };
}

function fromDocument(document: AttemptDocument): ClaimAttempt {
  const { _id, expiresAt: _, ...fields } = document;
  return { id: _id, ...fields };
}
