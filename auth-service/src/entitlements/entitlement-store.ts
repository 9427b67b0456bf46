import type { ClientSession, Db, Filter, WithId } from 'mongodb';
import {
  balanceId,
  type Balance,
  type Decided,
  type GrantDecision,
  type LedgerEntry,
} from './grant-decision.ts';

type WithoutGrantId<Decision> = Decision extends GrantDecision ? Omit<Decision, 'grantId'> : never;
type DecisionDocument = WithoutGrantId<GrantDecision> & { _id: string };
type LedgerDocument = Omit<LedgerEntry, 'id'> & { _id: string };
type BalanceDocument = Balance & { _id: string };

/** The last entry of a page, after which the next begins. */
export interface LedgerPosition {
  at: Date;
  sequence: number;
  id: string;
}

export interface EntitlementStore {
  ensureIndexes(): Promise<void>;
  /** Decisions about these grants, by grant id. */
  decisionsOn(grantIds: readonly string[], session: ClientSession): Promise<Map<string, GrantDecision>>;
  /** Balances by id. */
  balances(ids: readonly string[], session: ClientSession): Promise<Map<string, Balance>>;
  /** Writes what is new. Its ids make a second decision about the same grant fail as a whole. */
  write(decided: Decided, session: ClientSession): Promise<void>;
  balancesOf(accountId: string): Promise<Balance[]>;
  /** Entries of an account, newest first. */
  ledgerOf(accountId: string, after: LedgerPosition | undefined, limit: number): Promise<LedgerEntry[]>;
}

export function createEntitlementStore(db: Db): EntitlementStore {
  const decisions = db.collection<DecisionDocument>('grantDecisions');
  const ledger = db.collection<LedgerDocument>('ledger');
  const balances = db.collection<BalanceDocument>('balances');

  return {
    ensureIndexes: async () => {
      // Every collection has this index: asking for it makes the collection, which a transaction had better not do.
      await decisions.createIndex({ _id: 1 });
      await ledger.createIndex({ accountId: 1, at: -1, sequence: -1, _id: -1 });
      await balances.createIndex({ accountId: 1, kind: 1, asset: 1 });
    },
    decisionsOn: async (grantIds, session) => {
      const found = await decisions.find({ _id: { $in: [...grantIds] } }, { session }).toArray();
      return new Map(found.map((document) => [document._id, toDecision(document)]));
    },
    balances: async (ids, session) => {
      const found = await balances.find({ _id: { $in: [...ids] } }, { session }).toArray();
      return new Map(found.map(({ _id, ...balance }) => [_id, balance]));
    },
    write: async ({ newDecisions, newEntries, changedBalances }, session) => {
      if (newDecisions.length === 0) return;
      await decisions.insertMany(
        newDecisions.map(({ grantId, ...decision }) => ({ _id: grantId, ...decision })),
        { session },
      );
      if (newEntries.length === 0) return;
      await ledger.insertMany(
        newEntries.map(({ id, ...entry }) => ({ _id: id, ...entry })),
        { session },
      );
      await balances.bulkWrite(
        changedBalances.map((balance) => ({
          updateOne: { filter: { _id: balanceId(balance) }, update: { $set: balance }, upsert: true },
        })),
        { session, ordered: false },
      );
    },
    balancesOf: async (accountId) => {
      const found = await balances.find({ accountId }).sort({ kind: 1, asset: 1 }).toArray();
      return found.map(({ _id, ...balance }) => balance);
    },
    ledgerOf: async (accountId, after, limit) => {
      const found = await ledger
        .find({ $and: [{ accountId }, after ? beyond(after) : {}] })
        .sort({ at: -1, sequence: -1, _id: -1 })
        .limit(limit)
        .toArray();
      return found.map(toEntry);
    },
  };
}

const beyond = ({ at, sequence, id }: LedgerPosition): Filter<LedgerDocument> => ({
  $or: [{ at: { $lt: at } }, { at, sequence: { $lt: sequence } }, { at, sequence, _id: { $lt: id } }],
});

function toEntry({ _id, ...entry }: WithId<LedgerDocument>): LedgerEntry {
  return { id: _id, ...entry };
}

function toDecision({ _id, ...decision }: WithId<DecisionDocument>): GrantDecision {
  return { grantId: _id, ...decision };
}
