import type { BalanceRow, CauseRow, LedgerReader } from './ledger-reader.ts';
import { grantEntryId } from './ledger.ts';

export interface Checked {
  balances: number;
  entries: number;
  decisions: number;
  differences: number;
}

/** One thing that is not as it should be, in a sentence. */
type Report = (difference: string) => void;

/**
 * Recomputes every balance from its entries, and compares entries and decisions. It needs the same memory for a ledger
 * of any size: rows come sorted, and only the sums of the current ones are kept.
 *
 * @param report called with each difference as it is found
 * @throws {Error} when there is no ledger
 */
export async function verifyLedger(reader: LedgerReader, report: Report): Promise<Checked> {
  const checked: Checked = { balances: 0, entries: 0, decisions: 0, differences: 0 };
  const tell: Report = (difference) => {
    checked.differences += 1;
    report(difference);
  };
  await reader.assertLedger();
  let sum = sumOf('');
  for await (const row of reader.balances()) {
    if (row.holding !== sum.holding) {
      sum.end(tell);
      sum = sumOf(row.holding);
    }
    checked[row.is === 'balance' ? 'balances' : 'entries'] += 1;
    sum.add(row, tell);
  }
  sum.end(tell);

  let cause = causeOf('');
  for await (const row of reader.causes()) {
    if (row.entryId !== cause.entryId) {
      cause.end(tell);
      cause = causeOf(row.entryId);
    }
    if (row.is !== 'entry') checked.decisions += 1;
    cause.add(row, tell);
  }
  cause.end(tell);
  return checked;
}

/** What the entries of one balance come to. */
function sumOf(holding: string) {
  let stored: Extract<BalanceRow, { is: 'balance' }> | undefined;
  let quantity = 0;
  let entries = 0;
  let isBroken = false;

  function addEntry(row: Extract<BalanceRow, { is: 'entry' }>, report: Report): void {
    quantity += row.quantity;
    entries += 1;
    // After a gap every later entry is off as well: only the first one tells something.
    if (isBroken || (row.sequence === entries && row.balanceAfter === quantity)) return;
    isBroken = true;
    report(
      `${holding}: entry ${row._id} has place ${row.sequence} and balance ${row.balanceAfter}, where the ledger comes to place ${entries} and balance ${quantity}`,
    );
  }
  return {
    holding,
    add: (row: BalanceRow, report: Report): void => {
      if (row.is === 'entry') addEntry(row, report);
      else if (stored) report(`${holding}: there are two balances, ${stored._id} and ${row._id}`);
      else stored = row;
    },
    end: (report: Report): void => {
      if (!stored && entries > 0) report(`${holding}: there are ${entries} entries and no balance`);
      if (!stored || (stored.quantity === quantity && stored.entries === entries)) return;
      report(
        `${holding}: the balance is ${stored.quantity} after ${stored.entries} entries, the ledger comes to ${quantity} in ${entries}`,
      );
    },
  };
}

/** One entry and the decisions that made it. */
function causeOf(entryId: string) {
  let entry: CauseRow | undefined;
  let decisions = 0;
  return {
    entryId,
    add: (row: CauseRow, report: Report): void => {
      if (row.is !== 'entry') {
        decisions += 1;
        if (!entry) report(`${nameOf(row)}: was decided, and its entry ${entryId} is not in the ledger`);
        else if (row.grantId !== entry.grantId || (row.is !== 'order' && row.accountId !== entry.accountId))
          report(`${nameOf(row)}: its entry ${entryId} is of something else`);
        return;
      }
      entry = row;
      const { grantId, kind } = row;
      if (grantId === undefined || (kind !== 'grant' && kind !== 'reversal')) return;
      if (entryId !== grantEntryId(grantId, kind))
        report(`entry ${entryId}: is a further ${kind} of ${grantId}, which can have one`);
    },
    end: (report: Report): void => {
      if (entry && decisions === 0) report(`entry ${entryId}: nothing was decided that would have made it`);
    },
  };
}

const nameOf = ({ is, grantId, entryId }: CauseRow): string => `${is} ${grantId ?? entryId}`;
