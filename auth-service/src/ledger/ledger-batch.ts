import { balanceId, type Balance, type Holding, type LedgerEntry } from './ledger.ts';

/** An entry to make. The batch fills in its place and the balance. */
export interface Posting extends Holding {
  id: string;
  grantId?: string;
  entryKind: LedgerEntry['kind'];
  /** Signed. */
  quantity: number;
  reason: string;
}

/** The balances of a batch while it is decided: every entry sees those before it. */
export interface LedgerBatch {
  quantityOf(holding: Holding): number;
  /** Whether the account has ever had an entry of this. */
  isOpen(holding: Holding): boolean;
  /** Whether the balance would still be an exact number. */
  canEnter(holding: Holding, quantity: number): boolean;
  /** @throws {RangeError} when it would not */
  enter(posting: Posting): LedgerEntry;
  /** What this batch has entered, by id and in order. */
  readonly entries: ReadonlyMap<string, LedgerEntry>;
  changedBalances(): Balance[];
}

/** @param known balances by id; what is missing has never had an entry */
export function openLedgerBatch(known: ReadonlyMap<string, Balance>, now: Date): LedgerBatch {
  const changed = new Map<string, Balance>();
  const entries = new Map<string, LedgerEntry>();

  function balanceOf(holding: Holding): Balance | undefined {
    const id = balanceId(holding);
    return changed.get(id) ?? known.get(id);
  }
  const quantityOf = (holding: Holding): number => balanceOf(holding)?.quantity ?? 0;
  const canEnter = (holding: Holding, quantity: number): boolean =>
    Number.isSafeInteger(quantityOf(holding) + quantity);

  return {
    quantityOf,
    canEnter,
    entries,
    isOpen: (holding) => balanceOf(holding) !== undefined,
    enter: (posting) => {
      const { accountId, kind, asset, id, grantId, entryKind, quantity, reason } = posting;
      if (!canEnter(posting, quantity)) {
        throw new RangeError(`the balance of ${asset} of ${accountId} would be too large to be exact`);
      }
      const balanceAfter = quantityOf(posting) + quantity;
      const sequence = (balanceOf(posting)?.entries ?? 0) + 1;
      changed.set(balanceId(posting), { accountId, kind, asset, quantity: balanceAfter, entries: sequence });
      const entry: LedgerEntry = {
        id,
        accountId,
        ...(grantId !== undefined && { grantId }),
        kind: entryKind,
        assetKind: kind,
        asset,
        quantity,
        balanceAfter,
        sequence,
        reason,
        at: now,
      };
      entries.set(id, entry);
      return entry;
    },
    changedBalances: () => [...changed.values()],
  };
}
