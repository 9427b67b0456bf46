import type { ClientSession, Db, Filter } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { historyFilter, type Span } from '../database/history-filter.ts';
import type { CreationPosition } from 'service-kit/http';
import type { RevokingClaim, Claim, ClaimStatus, Waiting } from './claim.ts';
import type { RevokeSettlement, Settlement, Unsettled } from './decide-settlements.ts';

interface ClaimDocument extends Omit<Claim, 'id' | 'payload'> {
  _id: string;
  /** The payload of a coupon. */
  code?: string;
}

/** The span is of when a claim was first made. */
export interface ClaimFilters extends Span {
  accountId?: string | undefined;
  status?: ClaimStatus | undefined;
  eventId?: string | undefined;
}

export interface HistoryQuery extends ClaimFilters {
  accountId: string;
  after?: CreationPosition | undefined;
  limit: number;
}

export interface FirstAttemptQuery extends Omit<ClaimFilters, 'status'> {
  /** Any, where it is left out. */
  statuses?: readonly ClaimStatus[] | undefined;
  after?: CreationPosition | undefined;
  limit: number;
}

export interface ClaimStore {
  findAll(ids: readonly string[], session?: ClientSession): Promise<Map<string, Claim>>;
  find(id: string): Promise<Claim | undefined>;
  history(query: HistoryQuery): Promise<Claim[]>;
  /** Those that are at their first attempt, the newest first. */
  firstAttempts(query: FirstAttemptQuery): Promise<Claim[]>;
  /** All of them, the oldest first, a thousand in memory at a time. */
  stream(filters: ClaimFilters): AsyncIterable<Claim>;
  insertAll(claims: readonly Claim[], session: ClientSession): Promise<void>;
  /** Stores rejected claims that are tried again. */
  retryAll(claims: readonly Claim[], session: ClientSession): Promise<void>;
  findUnsettled(ids: readonly string[], session: ClientSession): Promise<Map<string, Unsettled>>;
  settleAll(settlements: readonly Settlement[], at: Date, session: ClientSession): Promise<void>;
  /** Stores granted claims that are revoked from now on. */
  revokeAll(claims: readonly RevokingClaim[], session: ClientSession): Promise<void>;
  settleRevokes(settlements: readonly RevokeSettlement[], at: Date, session: ClientSession): Promise<void>;
  /** What is pending among so many newest claims of all these accounts together. */
  pendingAmongNewest(accountIds: readonly string[], limit: number, session: ClientSession): Promise<Claim[]>;
  /** Claims that wait for the ledger, with which the sweeper has something to do. */
  findDue(now: Date, limit: number, session: ClientSession): Promise<Claim[]>;
  saveWaiting(claims: readonly { id: string; waiting: Waiting }[], session: ClientSession): Promise<void>;
  countStuck(): Promise<number>;
}

// A transaction changes only claims that it has read. If another transaction changes one meanwhile, the write
// conflicts. So
// writes find claims by id alone, which costs half as much as a filter on their state.

const STREAM_BATCH = 1_000;

export const claimIndexes: IndexSpec[] = [
  {
    collection: 'claims',
    indexes: [
      { key: { accountId: 1, createdAt: -1, _id: -1 } },
      { key: { eventId: 1, createdAt: -1, _id: -1 } },
      { key: { createdAt: -1, _id: -1 } },
      // These hold only claims that wait for the ledger: `waiting` goes when it has decided.
      { key: { 'waiting.lookAt': 1 }, partialFilterExpression: { 'waiting.lookAt': { $exists: true } } },
      {
        key: { 'waiting.stuckSince': 1 },
        partialFilterExpression: { 'waiting.stuckSince': { $exists: true } },
      },
    ],
  },
];

export function createClaimStore(db: Db): ClaimStore {
  const claims = db.collection<ClaimDocument>('claims');

  async function findAll(ids: readonly string[], session?: ClientSession): Promise<Map<string, Claim>> {
    const found = await claims.find({ _id: { $in: [...ids] } }, session && { session }).toArray();
    return new Map(found.map((document) => [document._id, fromDocument(document)]));
  }

  async function newest(filter: Filter<ClaimDocument>, limit: number): Promise<Claim[]> {
    const found = await claims.find(filter).sort({ createdAt: -1, _id: -1 }).limit(limit).toArray();
    return found.map(fromDocument);
  }

  return {
    findAll,
    find: async (id) => (await findAll([id])).get(id),
    history: ({ accountId, status, eventId, after, limit, ...span }) =>
      newest(historyFilter({ accountId, status, eventId }, span, after), limit),
    firstAttempts: async ({ accountId, eventId, statuses, after, limit, ...span }) => {
      if (statuses?.length === 0) return [];
      const filter = historyFilter({ accountId, eventId }, span, after);
      return newest({ ...filter, attempt: 1, ...(statuses && { status: { $in: [...statuses] } }) }, limit);
    },
    stream: ({ accountId, status, eventId, ...span }) =>
      claims
        .find(historyFilter({ accountId, status, eventId }, span), { batchSize: STREAM_BATCH })
        .sort({ createdAt: 1, _id: 1 })
        .map(fromDocument),
    insertAll: async (accepted, session) => {
      await claims.insertMany(accepted.map(toDocument), { session, ordered: false });
    },
    retryAll: async (accepted, session) => {
      await claims.bulkWrite(
        accepted.map((claim) => ({
          replaceOne: { filter: { _id: claim.id }, replacement: withoutId(claim) },
        })),
        { session, ordered: false },
      );
    },
    findUnsettled: async (ids, session) => {
      const projection = {
        eventId: 1,
        status: 1,
        grantId: 1,
        rewardId: 1,
        reward: 1,
        code: 1,
        caps: 1,
        revocation: 1,
      } as const;
      const found = await claims.find({ _id: { $in: [...ids] } }, { session, projection }).toArray();
      return new Map(found.map((document) => [document._id, fromDocument(document)]));
    },
    settleAll: async (settlements, at, session) => {
      await claims.bulkWrite(
        settlements.map((settlement) => {
          const { claimId, grantId: _, ...outcome } = settlement;
          const isRejected = outcome.status === 'rejected';
          return {
            updateOne: {
              filter: { _id: claimId },
              update: {
                $set: { ...outcome, completedAt: at },
                $unset: { waiting: true, ...(isRejected && { code: true }) },
              },
            },
          };
        }),
        { session, ordered: false },
      );
    },
    revokeAll: async (revoking, session) => {
      await claims.bulkWrite(
        revoking.map(({ id, status, revocation, waiting }) => ({
          updateOne: {
            filter: { _id: id },
            update: { $set: { status, revocation, ...(waiting && { waiting }) } },
          },
        })),
        { session, ordered: false },
      );
    },
    settleRevokes: async (settlements, at, session) => {
      await claims.bulkWrite(
        settlements.map(({ claimId, status, revocation }) => ({
          updateOne: {
            filter: { _id: claimId },
            update: {
              $set: { status, revocation: { ...revocation, completedAt: at } },
              $unset: { waiting: true },
            },
          },
        })),
        { session, ordered: false },
      );
    },
    pendingAmongNewest: async (accountIds, limit, session) => {
      const found = await claims
        .find({ accountId: { $in: [...accountIds] } }, { session })
        .sort({ createdAt: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.filter(({ status }) => status === 'pending').map(fromDocument);
    },
    findDue: async (now, limit, session) => {
      const found = await claims
        .find({ 'waiting.lookAt': { $lte: now } }, { session, sort: { 'waiting.lookAt': 1 }, limit })
        .toArray();
      return found.map(fromDocument);
    },
    saveWaiting: async (changed, session) => {
      await claims.bulkWrite(
        changed.map(({ id, waiting }) => ({
          updateOne: { filter: { _id: id }, update: { $set: { waiting } } },
        })),
        { session, ordered: false },
      );
    },
    countStuck: () => claims.countDocuments({ 'waiting.stuckSince': { $exists: true } }),
  };
}

function fromDocument<Document extends { _id: string; code?: string }>({
  _id,
  code,
  ...fields
}: Document): Omit<Document, '_id' | 'code'> & Pick<Claim, 'id' | 'payload'> {
  return { id: _id, ...fields, ...(code !== undefined && { payload: { code } }) };
}

function withoutId(claim: Claim): Omit<ClaimDocument, '_id'> {
  const { id: _, payload, ...fields } = claim;
  return { ...fields, ...payload };
}

function toDocument(claim: Claim): ClaimDocument {
  return { _id: claim.id, ...withoutId(claim) };
}
