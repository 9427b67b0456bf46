import type { LedgerBatch } from './ledger-batch.ts';
import type { GrantDecision, RevokeDecision, RevokeRequest, Rules } from './grant.ts';
import { grantEntryId, holdingOf, type LedgerEntry } from './ledger.ts';

/**
 * Decides an attempt without a decision. The status of the account does not matter. A reversed grant stays reversed:
 * every further attempt gets the one reversal.
 *
 * @param entries stored entries of the grant and its reversal, by id
 * @throws {Error} when the ledger lacks the entry of a grant
 */
export function decideRevoke(
  { revokeId, reason }: RevokeRequest,
  grant: GrantDecision,
  entries: ReadonlyMap<string, LedgerEntry>,
  batch: LedgerBatch,
  { allowNegativeBalance }: Rules,
  now: Date,
): RevokeDecision {
  const { grantId, claimId, accountId } = grant;
  const about = { grantId, ...(revokeId !== undefined && { revokeId }), claimId, accountId, decidedAt: now };
  if (grant.outcome === 'refused') return { ...about, outcome: 'revoke-refused', code: 'not_granted' };

  const find = (id: string): LedgerEntry | undefined => entries.get(id) ?? batch.entries.get(id);
  const id = grantEntryId(grantId, 'reversal');
  const revoked: RevokeDecision = { ...about, outcome: 'revoked', ledgerEntryId: id };
  if (find(id)) return revoked;

  const granted = find(grant.ledgerEntryId);
  if (!granted) throw new Error(`the ledger has no entry of the grant ${grantId}`);
  const holding = holdingOf(granted);
  if (batch.quantityOf(holding) < granted.quantity && !allowNegativeBalance) {
    return { ...about, outcome: 'revoke-refused', code: 'insufficient_balance' };
  }
  batch.enter({ ...holding, id, grantId, entryKind: 'reversal', quantity: -granted.quantity, reason });
  return revoked;
}
