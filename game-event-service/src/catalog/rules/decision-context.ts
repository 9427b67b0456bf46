import { calendarOf } from '../calendar/calendar.ts';
import { accountFacts, type AccountStanding } from '../conditions/account-facts.ts';
import type { Facts } from '../conditions/compiled-condition.ts';
import { judgedAt, periodOf, type EventRules } from '../events/event.ts';
import type { Rules } from './rules.ts';

/** What decisions read before anything else: the time, the rules of events, and the standing of accounts. */
export interface DecisionContext {
  now: Date;
  /** By event id. */
  rules: ReadonlyMap<string, Rules>;
  accounts: ReadonlyMap<string, AccountStanding>;
}

/** What conditions of the event are judged by, all but the account's progress. */
export function factsOf(
  event: EventRules,
  accountId: string,
  { now, accounts }: Pick<DecisionContext, 'now' | 'accounts'>,
): Omit<Facts, 'progress'> {
  const at = judgedAt(event, now);
  const calendar = calendarOf(event.timeZone);
  const account = accountFacts(accounts.get(accountId), now);
  return { calendar, today: calendar.dayOf(at), period: periodOf(event, at), account };
}
