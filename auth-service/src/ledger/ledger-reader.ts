import type { Db, Document, MongoClient } from 'mongodb';

/** A balance, or an entry that belongs to it. */
export type BalanceRow = { holding: string; _id: string; quantity: number } & (
  | { is: 'balance'; entries: number }
  | { is: 'entry'; sequence: number; balanceAfter: number }
);

/** A ledger entry, or a decision that says that there is one. */
export type CauseRow = { entryId: string; grantId?: string; accountId?: string } & (
  | { is: 'entry'; kind: string }
  | { is: 'grant' | 'revoke' | 'order' }
);

export interface LedgerReader {
  /** @throws {Error} when the database has no ledger: it is the wrong one, and nothing can be said about it */
  assertLedger(): Promise<void>;
  /** Every balance before its entries, and these by their place. */
  balances(): AsyncIterable<BalanceRow>;
  /** What belongs to one entry id together, the entry first. */
  causes(): AsyncIterable<CauseRow>;
}

const HOLDING = (kind: string): Document => ({
  $concat: ['$accountId', '/', kind, '/', '$asset'],
});

/**
 * Reads everything as it was at one moment, so that it may be used while the service works. The store does the
 * sorting, on its disk where it must.
 */
export function createLedgerReader(client: MongoClient, db: Db): LedgerReader {
  async function* read<Row extends Document>(pipeline: Document[]): AsyncIterable<Row> {
    const session = client.startSession({ snapshot: true });
    try {
      yield* db.collection('ledger').aggregate<Row>(pipeline, { session, allowDiskUse: true });
    } finally {
      await session.endSession();
    }
  }

  return {
    assertLedger: async () => {
      const found = await db.listCollections({ name: 'ledger' }, { nameOnly: true }).toArray();
      if (found.length === 0) throw new Error(`there is no ledger in the database ${db.databaseName}`);
    },
    balances: () =>
      read<BalanceRow>([
        {
          $project: {
            is: 'entry',
            holding: HOLDING('$assetKind'),
            quantity: 1,
            sequence: 1,
            balanceAfter: 1,
          },
        },
        and('balances', { is: 'balance', holding: HOLDING('$kind'), quantity: 1, entries: 1 }),
        // "balance" comes before "entry".
        { $sort: { holding: 1, is: 1, sequence: 1, _id: 1 } },
      ]),
    causes: () =>
      read<CauseRow>([
        { $project: { is: 'entry', entryId: '$_id', grantId: 1, accountId: 1, kind: 1 } },
        and(
          'grantDecisions',
          { is: 'grant', entryId: '$ledgerEntryId', grantId: '$_id', accountId: 1 },
          'granted',
        ),
        and(
          'revokeDecisions',
          { is: 'revoke', entryId: '$ledgerEntryId', grantId: 1, accountId: 1 },
          'revoked',
        ),
        and('ledgerOrders', { is: 'order', entryId: '$_id' }, 'applied'),
        // "entry" comes before the others.
        { $sort: { entryId: 1, is: 1, _id: 1 } },
      ]),
  };
}

function and(coll: string, $project: Document, outcome?: string): Document {
  const matching = outcome === undefined ? [] : [{ $match: { outcome } }];
  return { $unionWith: { coll, pipeline: [...matching, { $project }] } };
}
