import type { AssetKind } from './ledger.ts';

// What the ledger is asked about grants, and what it decides.

export type GrantRefusal = 'account_banned' | 'account_deleted' | 'account_unknown' | 'cancelled';

interface About {
  /** Of the message that asks. */
  messageId: string;
  claimId: string;
  grantId: string;
  accountId: string;
  /** W3C trace context of the message, passed on with the answer. */
  traceparent?: string | undefined;
}

export type GrantRequest = About & { asks: 'grant'; reward: Reward };
export type RevokeRequest = About & { asks: 'revoke'; revokeId?: string | undefined; reason: string };

/** The questions to the ledger: to grant, not to grant any more, or to revoke. */
export type GrantQuestion = GrantRequest | (About & { asks: 'cancel' }) | RevokeRequest;

export interface Reward {
  kind: AssetKind;
  asset: string;
  quantity: number;
}

/** One for each `grantId`, for ever: the first question decides. */
export type GrantDecision = {
  grantId: string;
  claimId: string;
  accountId: string;
  decidedAt: Date;
} & ({ outcome: 'granted'; ledgerEntryId: string } | { outcome: 'refused'; code: GrantRefusal });

/** `not_granted`: the ledger never granted it and never will. */
export type RevokeRefusal = 'insufficient_balance' | 'not_granted';

/**
 * One for each attempt to revoke, for ever. `revokeId` names the attempt, because a refused revoke may be tried again
 * once the player has earned more. A repetition of the first attempt, however late, gets the first answer; only a new
 * attempt is decided anew. Without a `revokeId` a grant has one attempt.
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

export interface Rules {
  /** Whether what was spent already can be taken back nevertheless. */
  allowNegativeBalance: boolean;
}
