import type { AccountStatus } from '../../catalog/conditions/leaf.ts';

/**
 * What this service has heard of an account. Messages come in any order, so each part has the account's version
 * at which it was last set, 0 where nothing was heard yet.
 */
export interface Account {
  id: string;
  username: string | null;
  guest: boolean;
  registeredAt?: Date;
  profileVersion: number;
  status: AccountStatus;
  /** When a ban ends by itself. */
  bannedUntil?: Date;
  statusVersion: number;
  roles: readonly string[];
  rolesVersion: number;
}

/** What decisions about claims and check-ins need of an account. */
export type AccountStanding = Pick<Account, 'status' | 'bannedUntil' | 'guest' | 'registeredAt'>;

/** What has been heard of an account, of each part the newest. */
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
  // What is older than the erasure must not bring the name back.
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

/** The status at `now`: a ban with an end ends by itself. */
export function statusAt({ status, bannedUntil }: AccountStanding, now: Date): AccountStatus {
  return status === 'banned' && bannedUntil && bannedUntil <= now ? 'active' : status;
}

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What conditions read of an account. One that has not been heard of yet is as new as can be. */
export function accountFacts(account: AccountStanding | undefined, now: Date) {
  const age = account?.registeredAt ? now.getTime() - account.registeredAt.getTime() : 0;
  return {
    ageDays: Math.max(0, Math.floor(age / DAY_MS)),
    guest: account?.guest ?? false,
    status: account ? statusAt(account, now) : ('active' as const),
  };
}
