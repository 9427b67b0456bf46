import { accountFacts, type AccountStanding } from '../../catalog/conditions/account-facts.ts';
import { refuse, type Refusal } from '../../http/refusal.ts';

/** May be accepted by any number of accounts. */
export interface Invite {
  code: string;
  inviterId: string;
  createdAt: Date;
  /** How many accounts have accepted it. */
  accepted: number;
  /** Who accepted it last, the newest first; {@link MOST_SHOWN} of them. */
  latest: readonly { accountId: string; at: Date }[];
}

export const MOST_SHOWN = 20;

/** An account accepted an invite, which it can do once in its life. */
export interface Acceptance {
  code: string;
  inviterId: string;
  accountId: string;
  at: Date;
}

/** The invites that one account has made and accepted. */
export interface Participant {
  /** The invite that it accepted. */
  invitedBy?: Omit<Acceptance, 'accountId'>;
  /** How many accounts accepted invites of its own. */
  brought?: number;
  /** The last day (of UTC, as no event's zone is concerned) on which it made invites, and how many. */
  made?: { day: string; count: number };
}

/**
 * Decides whether an account may make one more invite.
 *
 * @param maxPerDay how many it may make on one day of UTC
 * @returns what it has made on this day with this one
 */
export function countInvite(
  account: AccountStanding | undefined,
  { made }: Participant,
  { now, maxPerDay }: { now: Date; maxPerDay: number },
): Required<Participant>['made'] | Refusal {
  const { status, guest } = accountFacts(account, now);
  if (status !== 'active') return refuse('account_banned', 'A banned account cannot invite');
  if (guest) return refuse('guest_account', 'A guest cannot invite: upgrade the account first');
  const day = now.toISOString().slice(0, 10);
  const count = made?.day === day ? made.count : 0;
  return count < maxPerDay
    ? { day, count: count + 1 }
    : refuse('invite_limit_reached', `An account can make ${maxPerDay} invites a day (UTC)`);
}
