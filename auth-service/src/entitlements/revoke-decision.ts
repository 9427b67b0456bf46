import type { Books } from './books.ts';
import type { GrantDecision, RevokeRequest, Rules } from './grant-decision.ts';
import { grantEntryId, holdingOf, type LedgerEntry } from './ledger.ts';

/** `not_granted`: the ledger never granted it and never will. */
export type RevokeRefusal = 'insufficient_balance' | 'not_granted';

/**
 * One for each attempt to revoke, for ever. The attempt is named by `revokeId`, because a refused revoke may be
 * tried again once the player has earned more: a repetition of the first attempt, however late, hears the first
 * answer, and only a new attempt is decided anew. Without a `revokeId` a grant has one attempt.
 */
export type RevokeDecision = {
  grantId: string;
  revokeId?: string;
  claimId: string;
  accountId: string;
  decidedAt: Date;
} & ({ outcome: 'revoked'; ledgerEntryId: string } | { outcome: 'revoke-refused'; code: RevokeRefusal });

/** What a decision about a revoke is known by. */
export const revokeKey = ({
  grantId,
  revokeId,
}: Pick<RevokeDecision, 'grantId'> & { revokeId?: string | undefined }): string =>
  JSON.stringify(revokeId === undefined ? [grantId] : [grantId, revokeId]);

/**
 * Decides an attempt that nothing has been decided about. The status of the account does not matter. What is
 * reversed already stays so: every further attempt is answered with the one reversal.
 *
 * @param entries stored entries of the grant and its reversal, by id
 * @throws {Error} when the ledger lacks the entry of a grant
 */
export function decideRevoke(
  { revokeId, reason }: RevokeRequest,
  grant: GrantDecision,
  entries: ReadonlyMap<string, LedgerEntry>,
  books: Books,
  { allowNegativeBalance }: Rules,
  now: Date,
): RevokeDecision {
  const { grantId, claimId, accountId } = grant;
  const about = { grantId, ...(revokeId !== undefined && { revokeId }), claimId, accountId, decidedAt: now };
  if (grant.outcome === 'refused') return { ...about, outcome: 'revoke-refused', code: 'not_granted' };

  const find = (id: string): LedgerEntry | undefined => entries.get(id) ?? books.entries.get(id);
  const id = grantEntryId(grantId, 'reversal');
  const revoked: RevokeDecision = { ...about, outcome: 'revoked', ledgerEntryId: id };
  if (find(id)) return revoked;

  const granted = find(grant.ledgerEntryId);
  if (!granted) throw new Error(`the ledger has no entry of the grant ${grantId}`);
  const holding = holdingOf(granted);
  if (books.quantityOf(holding) < granted.quantity && !allowNegativeBalance) {
    return { ...about, outcome: 'revoke-refused', code: 'insufficient_balance' };
  }
  books.enter({ ...holding, id, grantId, entryKind: 'reversal', quantity: -granted.quantity, reason });
  return revoked;
}
