import type { AccountStore } from '../accounts/account-store.ts';
import type { Clock } from '../clock.ts';
import type { Transaction } from '../transact.ts';
import type { EntitlementStore } from './entitlement-store.ts';
import { balanceIdOf, decideGrants, type GrantQuestion } from './grant-decision.ts';
import { answerWith } from './grant-messages.ts';

export type AnswerGrants = (questions: readonly GrantQuestion[], tx: Transaction) => Promise<void>;

export interface AnswerGrantsDependencies {
  accounts: Pick<AccountStore, 'statusesOf'>;
  entitlements: EntitlementStore;
  clock: Clock;
}

/**
 * Decides a batch in the transaction that it arrived in, and answers every question. Accounts are read in the same
 * transaction, so that a grant is either before a ban or refused.
 */
export function answerGrants({ accounts, entitlements, clock }: AnswerGrantsDependencies): AnswerGrants {
  return async (questions, tx) => {
    const decisions = await entitlements.decisionsOn(
      unique(questions.map(({ grantId }) => grantId)),
      tx.session,
    );
    const open = questions.filter(({ grantId }) => !decisions.has(grantId));
    const statuses = await accounts.statusesOf(unique(open.map(({ accountId }) => accountId)), tx.session);
    const balances = await entitlements.balances(unique(open.map(balanceIdOf)), tx.session);

    const decided = decideGrants(questions, { decisions, statuses, balances }, clock());
    await entitlements.write(decided, tx.session);
    tx.emit(...decided.answers.map(({ decision, traceparent }) => answerWith(decision, traceparent)));
  };
}

const unique = (ids: readonly (string | undefined)[]): string[] => [
  ...new Set(ids.filter((id) => id !== undefined)),
];
