import type { Role } from 'service-kit/identity';
import { unique } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import { foldCase } from '../http/fold-case.ts';

export type AccountStatus = 'active' | 'banned' | 'deleted';

/** Since when an account is deleted, and what a restore goes back to. */
export interface Deletion {
  at: Date;
  statusBefore: Exclude<AccountStatus, 'deleted'>;
}

export interface Account {
  id: string;
  username: string;
  email: string | null;
  displayName: string | null;
  roles: readonly Role[];
  status: AccountStatus;
  /** Why it has this status, as staff wrote it. */
  statusReason: string | null;
  /** When a ban ends by itself; null where it does not. */
  bannedUntil: Date | null;
  /** Whether a device opened it, and nobody has given it a name and a password yet. */
  guest: boolean;
  /** null where no password logs in: a guest's, and one that was erased. */
  passwordHash: string | null;
  /** Set from the deletion to the restore or the erasure. */
  deletion: Deletion | null;
  /** When everything personal was erased; nothing brings the account back then. */
  erasedAt: Date | null;
  lastLoginAt: Date | null;
  /** Grows by one with every change that others can see. */
  version: number;
  /** The `ver` of access tokens: those with a lower one are no longer good. */
  tokenVersion: number;
  /** Sessions of an earlier epoch are dead. One write ends them all, however many there are. */
  sessionEpoch: number;
  /** Grows with every change of password, e-mail address or status; it voids one-time tokens made before. */
  credentialVersion: number;
  createdAt: Date;
  updatedAt: Date;
}

/** What of an account an access token depends on. */
export type TokenHolder = Pick<Account, 'id' | 'roles' | 'status' | 'tokenVersion' | 'sessionEpoch'>;

/** An account after its sessions were ended: older ones, and access tokens of older versions, are good no more. */
export type SessionsEnded = Pick<Account, 'id' | 'tokenVersion' | 'sessionEpoch'>;

export interface NewAccount {
  id: string;
  username: string;
  email?: string | undefined;
  displayName?: string | undefined;
  /** null opens a guest. */
  passwordHash: string | null;
}

export function openAccount(given: NewAccount, now: Date): Account {
  return {
    id: given.id,
    username: given.username,
    email: given.email ?? null,
    displayName: given.displayName ?? null,
    roles: ['USER'],
    status: 'active',
    statusReason: null,
    bannedUntil: null,
    guest: given.passwordHash === null,
    passwordHash: given.passwordHash,
    deletion: null,
    erasedAt: null,
    lastLoginAt: null,
    version: 1,
    tokenVersion: 1,
    sessionEpoch: 0,
    credentialVersion: 0,
    createdAt: now,
    updatedAt: now,
  };
}

/**
 * For what only the owner of a living account does. A token can outlive that by its few minutes.
 *
 * @throws refusals `account_not_found`, `account_banned`
 */
export function assertActive(account: Account | undefined): Account {
  if (!account || account.status === 'deleted') throw refusal('account_not_found');
  if (account.status === 'banned') throw refusal('account_banned');
  return account;
}

/** What the owner may change; `null` removes. */
export interface ProfileChange {
  email?: string | null | undefined;
  displayName?: string | null | undefined;
}

/** Decides a change of the profile; undefined when it changes nothing. */
export function changeProfile(account: Account, change: ProfileChange, now: Date): Account | undefined {
  const { email = account.email, displayName = account.displayName } = change;
  if (email === account.email && displayName === account.displayName) return undefined;
  return changed(account, { email, displayName }, now);
}

/** The account with another password. Nobody sees the change, but all sessions and tokens end. */
export const withPassword = (account: Account, passwordHash: string): Account => ({
  ...account,
  passwordHash,
  ...sessionsEnded(account),
  credentialVersion: account.credentialVersion + 1,
});

/** What changes in an account when all its sessions and access tokens end. */
export const sessionsEnded = ({
  tokenVersion,
  sessionEpoch,
}: Account): Pick<Account, 'tokenVersion' | 'sessionEpoch'> => ({
  tokenVersion: tokenVersion + 1,
  sessionEpoch: sessionEpoch + 1,
});

/**
 * Decides an upgrade. It ends all sessions.
 *
 * @throws refusal `not_a_guest`
 */
export function upgrade(
  account: Account,
  given: { username: string; passwordHash: string; email?: string | undefined },
  now: Date,
): Account {
  if (!account.guest) throw refusal('not_a_guest');
  const { username, passwordHash, email = account.email } = given;
  const change = { username, passwordHash, email, guest: false, lastLoginAt: now };
  return changed(account, { ...change, ...sessionsEnded(account) }, now);
}

export interface Staff {
  id: string;
  roles: readonly Role[];
}

/**
 * Decides a replacement of all roles; undefined when it changes nothing. Tokens with the old roles end.
 *
 * @param isLastAdmin whether no other active account is ADMIN
 * @throws refusals `self_role_change`, `account_deleted`, `last_admin`
 */
export function changeRoles(
  account: Account,
  roles: readonly Role[],
  by: Staff,
  isLastAdmin: boolean,
  now: Date,
): Account | undefined {
  if (by.id === account.id) throw refusal('self_role_change', 'Nobody changes their own roles');
  if (account.status === 'deleted') throw refusal('account_deleted');
  if (isSameSet(account.roles, roles)) return undefined;
  if (isLastAdmin && isActiveAdmin(account) && !roles.includes('ADMIN')) throw refusal('last_admin');
  return changed(account, { roles, tokenVersion: account.tokenVersion + 1 }, now);
}

export const isActiveAdmin = (account: Account): boolean =>
  account.status === 'active' && account.roles.includes('ADMIN');

/** The search keys of an account: its names, without regard to case. */
export function searchKeysOf(account: Pick<Account, 'username' | 'displayName'>): string[] {
  return unique([account.username, account.displayName ?? account.username].map(foldCase));
}

/** By which an account is entered or recovered, and whether it may be. */
const CREDENTIALS = ['passwordHash', 'email', 'status'] as const;

/** The account after a change that others can see. */
export function changed(account: Account, change: Partial<Account>, now: Date): Account {
  const next = { ...account, ...change, version: account.version + 1, updatedAt: now };
  const isSame = CREDENTIALS.every((field) => next[field] === account[field]);
  return isSame ? next : { ...next, credentialVersion: account.credentialVersion + 1 };
}

function isSameSet(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
