import type { AnyBulkWriteOperation, ClientSession, Db, Filter, WithId } from 'mongodb';
import { keysetFilter } from 'service-kit/mongo';
import type { IndexSpec } from 'service-kit/service';
import { singleBatch } from '../database/single-batch.ts';
import { revokeKey, type GrantDecision, type RevokeDecision } from './grant.ts';
import type { Decided } from './grant-decision.ts';
import { balanceId, holdingOf, type Balance, type LedgerEntry } from './ledger.ts';

type WithoutGrantId<Decision> = Decision extends GrantDecision ? Omit<Decision, 'grantId'> : never;
type DecisionDocument = WithoutGrantId<GrantDecision> & { _id: string };
type RevokeDecisionDocument = RevokeDecision & { _id: string };
type LedgerDocument = Omit<LedgerEntry, 'id'> & { _id: string };
type BalanceDocument = Balance & { _id: string };

/** The last entry of a page, after which the next begins. */
export interface LedgerPosition {
  at: Date;
  sequence: number;
  id: string;
}

/** The last balance of a page, after which the next begins. */
export type BalancePosition = Pick<Balance, 'kind' | 'asset'>;

export interface EntitlementStore {
  /** Decisions about these grants, by grant id. */
  decisionsOn(grantIds: readonly string[], session: ClientSession): Promise<Map<string, GrantDecision>>;
  /** Decisions about these attempts to revoke, by key. */
  revokeDecisionsOn(keys: readonly string[], session: ClientSession): Promise<Map<string, RevokeDecision>>;
  /** Ledger entries by id. */
  entries(ids: readonly string[], session: ClientSession): Promise<Map<string, LedgerEntry>>;
  /** Balances by id. */
  balances(ids: readonly string[], session: ClientSession): Promise<Map<string, Balance>>;
  /** Writes what is new. Its ids make a second decision about the same grant fail as a whole. */
  writeGrants(decided: Decided, session: ClientSession): Promise<void>;
  writeEntries(
    changes: Pick<Decided, 'newEntries' | 'changedBalances'>,
    session: ClientSession,
  ): Promise<void>;
  /** Balances of an account, by kind and asset. */
  balancesOf(accountId: string, after: BalancePosition | undefined, limit: number): Promise<Balance[]>;
  /** Entries of an account, newest first. */
  ledgerOf(accountId: string, after: LedgerPosition | undefined, limit: number): Promise<LedgerEntry[]>;
}

const NEWEST_FIRST = { at: -1, sequence: -1, _id: -1 } as const;

export const entitlementIndexes: IndexSpec[] = [
  { collection: 'grantDecisions', indexes: [] },
  { collection: 'revokeDecisions', indexes: [] },
  { collection: 'ledger', indexes: [{ key: { accountId: 1, at: -1, sequence: -1, _id: -1 } }] },
  { collection: 'balances', indexes: [] },
];

export function createEntitlementStore(db: Db): EntitlementStore {
  const decisions = db.collection<DecisionDocument>('grantDecisions');
  const revokeDecisions = db.collection<RevokeDecisionDocument>('revokeDecisions');
  const ledger = db.collection<LedgerDocument>('ledger');
  const balances = db.collection<BalanceDocument>('balances');

  const writeEntries: EntitlementStore['writeEntries'] = async ({ newEntries, changedBalances }, session) => {
    if (newEntries.length === 0) return;
    await ledger.insertMany(
      newEntries.map(({ id, ...entry }) => ({ _id: id, ...entry })),
      { session },
    );
    // A balance begins with its first entry. Inserting the new ones together costs far less than an upsert for each.
    const openings = new Set(
      newEntries.filter(({ sequence }) => sequence === 1).map((entry) => balanceId(holdingOf(entry))),
    );
    const isNew = (balance: Balance): boolean => openings.has(balanceId(balance));
    const opened = changedBalances
      .filter(isNew)
      .map((balance) => Object.assign({ _id: balanceId(balance) }, balance));
    if (opened.length > 0) await balances.insertMany(opened, { session });
    const moved = changedBalances.filter((balance) => !isNew(balance));
    if (moved.length > 0) {
      const moves = movesOf(moved.map(balanceId), newEntries);
      await balances.bulkWrite(moves, { session, ordered: false });
    }
  };

  return {
    decisionsOn: async (grantIds, session) => {
      const found = await decisions
        .find({ _id: { $in: [...grantIds] } }, singleBatch(grantIds, session))
        .toArray();
      return new Map(found.map((document) => [document._id, toDecision(document)]));
    },
    revokeDecisionsOn: async (keys, session) => {
      if (keys.length === 0) return new Map();
      const found = await revokeDecisions.find({ _id: { $in: [...keys] } }, { session }).toArray();
      return new Map(found.map(({ _id, ...decision }) => [_id, decision]));
    },
    entries: async (ids, session) => {
      if (ids.length === 0) return new Map();
      const found = await ledger.find({ _id: { $in: [...ids] } }, singleBatch(ids, session)).toArray();
      return new Map(found.map((document) => [document._id, toEntry(document)]));
    },
    balances: async (ids, session) => {
      if (ids.length === 0) return new Map();
      const found = await balances.find({ _id: { $in: [...ids] } }, singleBatch(ids, session)).toArray();
      return new Map(found.map(({ _id, ...balance }) => [_id, balance]));
    },
    writeEntries,
    writeGrants: async ({ newDecisions, newRevokeDecisions, ...changes }, session) => {
      if (newDecisions.length > 0) {
        const documents = newDecisions.map(({ grantId, ...decision }) => ({ _id: grantId, ...decision }));
        await decisions.insertMany(documents, { session });
      }
      if (newRevokeDecisions.length > 0) {
        const documents = newRevokeDecisions.map((decision) => ({ _id: revokeKey(decision), ...decision }));
        await revokeDecisions.insertMany(documents, { session });
      }
      await writeEntries(changes, session);
    },
    balancesOf: async (accountId, after, limit) => {
      const found = await balances.find(ownedBy(accountId, after)).sort({ _id: 1 }).limit(limit).toArray();
      return found.map(({ _id, ...balance }) => balance);
    },
    ledgerOf: async (accountId, after, limit) => {
      const found = await ledger
        .find(
          {
            $and: [
              { accountId },
              keysetFilter<LedgerDocument>(
                NEWEST_FIRST,
                after && { at: after.at, sequence: after.sequence, _id: after.id },
              ),
            ],
          },
          { sort: NEWEST_FIRST, limit },
        )
        .toArray();
      return found.map(toEntry);
    },
  };
}

/**
 * Adds the entries to the balances of these ids. Those that move alike, as for one reward that many are given, are one
 * write: that costs MongoDB a fifth to a third less than a write for each.
 */
function movesOf(
  ids: readonly string[],
  entries: readonly LedgerEntry[],
): AnyBulkWriteOperation<BalanceDocument>[] {
  const entriesOf = Map.groupBy(entries, (entry) => balanceId(holdingOf(entry)));
  const moves = new Map<string, { ids: [string, ...string[]]; quantity: number; entries: number }>();
  for (const id of ids) {
    const added = entriesOf.get(id) ?? [];
    const quantity = added.reduce((sum, entry) => sum + entry.quantity, 0);
    const key = `${quantity}/${added.length}`;
    const alike = moves.get(key);
    if (alike) alike.ids.push(id);
    else moves.set(key, { ids: [id], quantity, entries: added.length });
  }
  return [...moves.values()].map(({ ids: [id, ...others], ...move }) => ({
    // A filter on `_id` alone needs no query plan.
    updateMany: {
      filter: { _id: others.length > 0 ? { $in: [id, ...others] } : id },
      update: { $inc: move },
    },
  }));
}

/** A range of ids, since they begin with the account's; "0" comes next after "/". By kind and asset in their order. */
const ownedBy = (accountId: string, after: BalancePosition | undefined): Filter<BalanceDocument> => ({
  _id: { $gt: after ? balanceId({ accountId, ...after }) : `${accountId}/`, $lt: `${accountId}0` },
  accountId,
});

function toEntry({ _id, ...entry }: WithId<LedgerDocument>): LedgerEntry {
  return { id: _id, ...entry };
}

function toDecision({ _id, ...decision }: WithId<DecisionDocument>): GrantDecision {
  return { grantId: _id, ...decision };
}
