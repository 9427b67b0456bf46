import { createHash } from 'node:crypto';
import type { AccountStatus } from '../accounts/account.ts';

export const assetKinds = ['currency', 'item', 'coupon'] as const;
export type AssetKind = (typeof assetKinds)[number];

export type GrantRefusal = 'account_banned' | 'account_deleted' | 'account_unknown' | 'cancelled';

/** What the ledger is asked: to grant, or not to grant any more. */
export type GrantQuestion = {
  claimId: string;
  grantId: string;
  accountId: string;
  /** W3C trace context of the message, passed on with the answer. */
  traceparent?: string | undefined;
} & ({ asks: 'grant'; reward: Reward } | { asks: 'cancel' });

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

/** Written once and never changed. The balance of an asset is the sum of its entries' quantities. */
export interface LedgerEntry {
  /** Derived from grant and kind, so that no second entry of the same kind can exist. */
  id: string;
  accountId: string;
  grantId: string;
  kind: 'grant';
  assetKind: AssetKind;
  asset: string;
  quantity: number;
  balanceAfter: number;
  /** Place among the entries of this balance. */
  sequence: number;
  reason: string;
  at: Date;
}

export interface Balance {
  accountId: string;
  kind: AssetKind;
  asset: string;
  quantity: number;
  /** Ledger entries so far. */
  entries: number;
}

/** What is known when a batch of questions is decided. */
export interface Known {
  decisions: ReadonlyMap<string, GrantDecision>;
  /** By account id; what is missing is unknown. */
  statuses: ReadonlyMap<string, AccountStatus>;
  /** By {@link balanceId}. */
  balances: ReadonlyMap<string, Balance>;
}

export interface Decided {
  /** One for each question, in their order. */
  answers: { decision: GrantDecision; traceparent?: string | undefined }[];
  newDecisions: GrantDecision[];
  newEntries: LedgerEntry[];
  changedBalances: Balance[];
}

export const balanceId = ({
  accountId,
  kind,
  asset,
}: Pick<Balance, 'accountId' | 'kind' | 'asset'>): string => `${accountId}/${kind}/${asset}`;

/** The balance that a question would change, if it is granted. */
export const balanceIdOf = (question: GrantQuestion): string | undefined =>
  question.asks === 'grant' ? balanceId({ accountId: question.accountId, ...question.reward }) : undefined;

/**
 * Decides a batch of questions one after the other: whoever asks first about a grant decides it, everybody later
 * hears the same.
 *
 * @throws {RangeError} when a balance would no longer be an exact number
 */
export function decideGrants(questions: readonly GrantQuestion[], known: Known, now: Date): Decided {
  const decided: Decided = { answers: [], newDecisions: [], newEntries: [], changedBalances: [] };
  const decisions = new Map(known.decisions);
  const balances = new Map<string, Balance>();

  for (const question of questions) {
    let decision = decisions.get(question.grantId);
    if (!decision) {
      decision = decide(question, known.statuses.get(question.accountId), now);
      decisions.set(decision.grantId, decision);
      decided.newDecisions.push(decision);
      if (decision.outcome === 'granted' && question.asks === 'grant') {
        const id = balanceId({ accountId: question.accountId, ...question.reward });
        const balance = credit(balances.get(id) ?? known.balances.get(id), question);
        balances.set(id, balance);
        decided.newEntries.push(entryOf(question, decision.ledgerEntryId, balance, now));
      }
    }
    decided.answers.push({ decision, traceparent: question.traceparent });
  }
  decided.changedBalances = [...balances.values()];
  return decided;
}

function decide(question: GrantQuestion, status: AccountStatus | undefined, now: Date): GrantDecision {
  const { grantId, claimId, accountId } = question;
  const code = question.asks === 'cancel' ? 'cancelled' : refusalFor(status);
  const about = { grantId, claimId, accountId, decidedAt: now };
  return code
    ? { ...about, outcome: 'refused', code }
    : { ...about, outcome: 'granted', ledgerEntryId: ledgerEntryId(grantId, 'grant') };
}

const REFUSALS: Record<AccountStatus, GrantRefusal | undefined> = {
  active: undefined,
  banned: 'account_banned',
  deleted: 'account_deleted',
};

function refusalFor(status: AccountStatus | undefined): GrantRefusal | undefined {
  return status === undefined ? 'account_unknown' : REFUSALS[status];
}

type GrantRequest = Extract<GrantQuestion, { asks: 'grant' }>;

function credit(balance: Balance | undefined, { accountId, reward }: GrantRequest): Balance {
  const quantity = (balance?.quantity ?? 0) + reward.quantity;
  if (!Number.isSafeInteger(quantity)) {
    throw new RangeError(`the balance of ${reward.asset} of ${accountId} would be too large to be exact`);
  }
  return {
    accountId,
    kind: reward.kind,
    asset: reward.asset,
    quantity,
    entries: (balance?.entries ?? 0) + 1,
  };
}

function entryOf(
  { grantId, claimId, accountId, reward }: GrantRequest,
  id: string,
  balance: Balance,
  at: Date,
): LedgerEntry {
  return {
    id,
    accountId,
    grantId,
    kind: 'grant',
    assetKind: reward.kind,
    asset: reward.asset,
    quantity: reward.quantity,
    balanceAfter: balance.quantity,
    sequence: balance.entries,
    reason: `claim ${claimId}`,
    at,
  };
}

/** The same for the same grant and kind, on every instance and in every attempt. */
export function ledgerEntryId(grantId: string, kind: LedgerEntry['kind']): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([grantId, kind]))
    .digest();
  return `led_${digest.subarray(0, 16).toString('base64url')}`;
}
