import type { AccountStanding } from '../../catalog/conditions/account-facts.ts';
import type { AccountStatus } from '../../catalog/conditions/leaf.ts';

/**
 * What this service knows of an account. Messages come in any order, so each part has the account's version at which it
 * was last set; 0 if no message has set it.
 */
export interface Account extends AccountStanding {
  id: string;
  username: string | null;
  profileVersion: number;
  statusVersion: number;
  roles: readonly string[];
  rolesVersion: number;
}

/** The newest known value of each part of an account. */
export type AccountNews =
  | { about: 'profile'; version: number; username: string | null; guest: boolean; registeredAt?: Date }
  | { about: 'status'; version: number; status: AccountStatus; bannedUntil?: Date; erased?: boolean }
  | { about: 'roles'; version: number; roles: readonly string[] };

export const unheardOf = (id: string): Account => ({
  id,
  username: null,
  guest: false,
  profileVersion: 0,
  status: 'active',
  statusVersion: 0,
  roles: ['USER'],
  rolesVersion: 0,
});

/** @returns the account after the news; the same object when they are not new */
export function applyNews(account: Account, news: AccountNews): Account {
  if (news.about === 'profile') return applyProfile(account, news);
  if (news.version <= account[`${news.about}Version`]) return account;
  if (news.about === 'roles') return { ...account, roles: news.roles, rolesVersion: news.version };
  const { bannedUntil: _, ...rest } = account;
  const until = news.bannedUntil && { bannedUntil: news.bannedUntil };
  // A message from before the erasure must not bring the name back.
  const erased = news.erased && { username: null, profileVersion: news.version };
  return { ...rest, status: news.status, statusVersion: news.version, ...until, ...erased };
}

/** Only the registration tells when it was; it may come after news that are newer. */
function applyProfile(account: Account, news: Extract<AccountNews, { about: 'profile' }>): Account {
  const registeredAt = account.registeredAt ?? news.registeredAt;
  const known = registeredAt === account.registeredAt ? account : { ...account, registeredAt };
  if (news.version <= account.profileVersion) return known;
  return { ...known, username: news.username, guest: news.guest, profileVersion: news.version };
}
