import type { ClientSession } from 'mongodb';
import type { Scene } from '../../catalog/rules/facts.ts';
import type { RuleBook } from '../../catalog/rules/rule-book.ts';
import { unique } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';

/** Reads the rules and accounts that requests need: for all of them together, one question a collection. */
export type ReadScene = (
  requests: readonly { eventId: string; accountId: string }[],
  now: Date,
  session?: ClientSession,
) => Promise<Scene>;

export interface ReadSceneDeps {
  ruleBook: Pick<RuleBook, 'of'>;
  accounts: Pick<AccountStore, 'standingOf'>;
}

export function readScene({ ruleBook, accounts }: ReadSceneDeps): ReadScene {
  return async (requests, now, session) => {
    const eventIds = unique(requests.map(({ eventId }) => eventId));
    const accountIds = unique(requests.map(({ accountId }) => accountId));
    return {
      now,
      rules: await ruleBook.of(eventIds, session),
      accounts: await accounts.standingOf(accountIds, session),
    };
  };
}
