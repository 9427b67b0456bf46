import type { Tampering } from '../watch/store-watch.ts';
import type { BalanceRow, LedgerRow, SystemState } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';

const assetOf = (row: { accountId: string; kind: string; asset: string }): string =>
  `${row.accountId}/${row.kind}/${row.asset}`;

/** I4: every balance is the sum of its ledger, whose entries are numbered through and never changed. */
export function balancesAreSums(
  { balances, ledger }: Pick<SystemState, 'balances' | 'ledger'>,
  tampering: readonly Tampering[],
): Verdict {
  const entriesOf = Map.groupBy(ledger, (entry) => assetOf({ ...entry, kind: entry.assetKind }));
  const breaches: Breach[] = tampering.map((evidence) => ({
    what: `${evidence.collection} ${evidence.id} was changed after it was written: ${evidence.operation}`,
    evidence,
  }));
  for (const balance of balances) {
    const entries = (entriesOf.get(assetOf(balance)) ?? []).toSorted((a, b) => a.sequence - b.sequence);
    entriesOf.delete(assetOf(balance));
    if (!isSumOf(balance, entries))
      breaches.push({
        what: `balance ${balance._id} is not its ledger's sum`,
        evidence: { balance, entries },
      });
  }
  for (const [asset, entries] of entriesOf)
    breaches.push({ what: `${asset} has entries and no balance`, evidence: { entries } });
  return verdict(
    'I4',
    'every balance = the sum of its ledger; entries never change',
    balances.length,
    breaches,
  );
}

function isSumOf({ quantity, entries: count }: BalanceRow, entries: readonly LedgerRow[]): boolean {
  let sum = 0;
  const numbered = entries.every((entry, index) => {
    sum += entry.quantity;
    return entry.sequence === index + 1 && entry.balanceAfter === sum;
  });
  return numbered && sum === quantity && entries.length === count;
}
