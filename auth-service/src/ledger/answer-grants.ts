import { type Clock, unique } from 'service-kit/service';
import type { ClientSession } from 'mongodb';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Transaction } from '../database/transact.ts';
import type { EntitlementMetrics } from './entitlement-metrics.ts';
import type { EntitlementStore } from './entitlement-store.ts';
import { revokeKey, type GrantQuestion, type GrantRequest, type RevokeRequest, type Rules } from './grant.ts';
import { decideGrants, holdingAskedFor, type Known } from './grant-decision.ts';
import { answerWith } from './grant-messages.ts';
import { balanceId, grantEntryId, holdingOf } from './ledger.ts';

export type AnswerGrants = (questions: readonly GrantQuestion[], tx: Transaction) => Promise<void>;

export interface AnswerGrantsDeps {
  accounts: Pick<AccountStore, 'statusesOf'>;
  entitlements: EntitlementStore;
  rules: Rules;
  clock: Clock;
  metrics: EntitlementMetrics;
}

/**
 * Decides a batch in the transaction that it arrived in, and answers every question. Accounts are read in the same
 * transaction, so that a grant is either before a ban or refused.
 */
export function answerGrants(deps: AnswerGrantsDeps): AnswerGrants {
  const { entitlements, rules, clock, metrics } = deps;
  return async (questions, tx) => {
    const decided = decideGrants(questions, await readKnown(questions, deps, tx.session), rules, clock());
    await entitlements.writeGrants(decided, tx.session);
    tx.emit(...decided.answers.map(({ decision, traceparent }) => answerWith(decision, traceparent)));
    tx.afterCommit(() => {
      for (const { outcome } of decided.newDecisions) metrics.grantsDecided.inc({ outcome });
      for (const { outcome } of decided.newRevokeDecisions) metrics.grantsDecided.inc({ outcome });
      metrics.countEntries(decided.newEntries);
    });
  };
}

/** One read of each kind for the whole batch, and none that no question in it needs. */
async function readKnown(
  questions: readonly GrantQuestion[],
  { accounts, entitlements }: AnswerGrantsDeps,
  session: ClientSession,
): Promise<Known> {
  const revokes = questions.filter((question): question is RevokeRequest => question.asks === 'revoke');
  const decisions = await entitlements.decisionsOn(unique(questions.map(({ grantId }) => grantId)), session);
  const revokeDecisions = await entitlements.revokeDecisionsOn(unique(revokes.map(revokeKey)), session);
  const openRevokes = revokes.filter((revoke) => !revokeDecisions.has(revokeKey(revoke)));
  const entries = await entitlements.entries(
    unique(openRevokes.map(({ grantId }) => grantId)).flatMap((grantId) => [
      grantEntryId(grantId, 'grant'),
      grantEntryId(grantId, 'reversal'),
    ]),
    session,
  );
  const requests = questions.filter(
    (question): question is GrantRequest => question.asks === 'grant' && !decisions.has(question.grantId),
  );
  const statuses = await accounts.statusesOf(unique(requests.map(({ accountId }) => accountId)), session);
  const holdings = [...requests.map(holdingAskedFor), ...[...entries.values()].map(holdingOf)];
  const balances = await entitlements.balances(unique(holdings.map(balanceId)), session);
  return { decisions, revokeDecisions, statuses, balances, entries };
}
