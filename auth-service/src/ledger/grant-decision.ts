import { onBehalfOf } from 'service-kit/messaging';
import type { AccountStatus } from '../accounts/account.ts';
import { openLedgerBatch, type LedgerBatch } from './ledger-batch.ts';
import { grantEntryId, type Balance, type Holding, type LedgerEntry } from './ledger.ts';
import {
  type GrantRefusal,
  type GrantRequest,
  type GrantQuestion,
  type GrantDecision,
  type RevokeDecision,
  revokeKey,
  type Rules,
} from './grant.ts';
import { decideRevoke } from './revoke-decision.ts';

/** The stored state from which a batch of questions is decided. */
export interface Known {
  /** By grant id. */
  decisions: ReadonlyMap<string, GrantDecision>;
  /** By {@link revokeKey}. */
  revokeDecisions: ReadonlyMap<string, RevokeDecision>;
  /** By account id; what is missing is unknown. */
  statuses: ReadonlyMap<string, AccountStatus>;
  /** By id. */
  balances: ReadonlyMap<string, Balance>;
  /** Of grants that are asked to be revoked and of their reversals, by id. */
  entries: ReadonlyMap<string, LedgerEntry>;
}

export interface Decided {
  /** One for each question, in their order. */
  answers: { decision: GrantDecision | RevokeDecision; traceparent?: string | undefined }[];
  newDecisions: GrantDecision[];
  newRevokeDecisions: RevokeDecision[];
  newEntries: LedgerEntry[];
  changedBalances: Balance[];
}

/** The holding that a grant would change. */
export const holdingAskedFor = ({ accountId, reward }: GrantRequest): Holding => ({
  accountId,
  kind: reward.kind,
  asset: reward.asset,
});

/**
 * Decides a batch of questions one after the other. The first question about a grant decides it, and every later one
 * gets the same answer. A revoke of a grant without a decision decides it too, as cancelled: the grant must not be
 * given after its revoke, even if the messages arrive in the other order.
 *
 * @throws {MessageFault} naming the message whose quantity would make a balance too large to be exact
 */
export function decideGrants(
  questions: readonly GrantQuestion[],
  known: Known,
  rules: Rules,
  now: Date,
): Decided {
  const batch = openLedgerBatch(known.balances, now);
  const decisions = firstWriterWins(known.decisions);
  const revokeDecisions = firstWriterWins(known.revokeDecisions);

  function answer(question: GrantQuestion): Decided['answers'][number] {
    const grant = decisions.decide(question.grantId, () => {
      const decision = decideGrant(question, known.statuses.get(question.accountId), now);
      if (decision.outcome === 'granted' && question.asks === 'grant') enterGrant(question, batch);
      return decision;
    });
    const { traceparent } = question;
    if (question.asks !== 'revoke') return { decision: grant, traceparent };
    const decision = revokeDecisions.decide(revokeKey(question), () =>
      decideRevoke(question, grant, known.entries, batch, rules, now),
    );
    return { decision, traceparent };
  }

  return {
    answers: questions.map((question) => onBehalfOf(question.messageId, () => answer(question))),
    newDecisions: decisions.fresh,
    newRevokeDecisions: revokeDecisions.fresh,
    newEntries: [...batch.entries.values()],
    changedBalances: batch.changedBalances(),
  };
}

function firstWriterWins<Decision>(known: ReadonlyMap<string, Decision>) {
  const all = new Map(known);
  const fresh: Decision[] = [];
  return {
    fresh,
    decide: (key: string, decide: () => Decision): Decision => {
      const stored = all.get(key);
      if (stored) return stored;
      const decision = decide();
      all.set(key, decision);
      fresh.push(decision);
      return decision;
    },
  };
}

function decideGrant(question: GrantQuestion, status: AccountStatus | undefined, now: Date): GrantDecision {
  const { grantId, claimId, accountId } = question;
  const code = question.asks === 'grant' ? refusalFor(status) : 'cancelled';
  const about = { grantId, claimId, accountId, decidedAt: now };
  return code
    ? { ...about, outcome: 'refused', code }
    : { ...about, outcome: 'granted', ledgerEntryId: grantEntryId(grantId, 'grant') };
}

const REFUSALS: Record<AccountStatus, GrantRefusal | undefined> = {
  active: undefined,
  banned: 'account_banned',
  deleted: 'account_deleted',
};

function refusalFor(status: AccountStatus | undefined): GrantRefusal | undefined {
  return status === undefined ? 'account_unknown' : REFUSALS[status];
}

function enterGrant(question: GrantRequest, batch: LedgerBatch): void {
  const { grantId, claimId, reward } = question;
  batch.enter({
    ...holdingAskedFor(question),
    id: grantEntryId(grantId, 'grant'),
    grantId,
    entryKind: 'grant',
    quantity: reward.quantity,
    reason: `claim ${claimId}`,
  });
}
