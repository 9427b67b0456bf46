import type { ClientSession } from 'mongodb';
import type { DecisionContext } from '../../catalog/rules/decision-context.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import { unique } from 'service-kit/service';
import type { AccountStore } from '../accounts/account-store.ts';

/** Reads the rules and accounts that requests need: for all of them together, one question a collection. */
export type ReadContext = (
  requests: readonly { eventId: string; accountId: string }[],
  now: Date,
  session?: ClientSession,
) => Promise<DecisionContext>;

export interface ReadContextDeps {
  ruleReader: Pick<RuleReader, 'of'>;
  accounts: Pick<AccountStore, 'standingOf'>;
}

export function readContext({ ruleReader, accounts }: ReadContextDeps): ReadContext {
  return async (requests, now, session) => {
    const eventIds = unique(requests.map(({ eventId }) => eventId));
    const accountIds = unique(requests.map(({ accountId }) => accountId));
    return {
      now,
      rules: await ruleReader.of(eventIds, session),
      accounts: await accounts.standingOf(accountIds, session),
    };
  };
}
