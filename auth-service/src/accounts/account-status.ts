import { invalidInput, refusal } from '../http/refusal.ts';
import { changed, isActiveAdmin, sessionsEnded, type Account, type Staff } from './account.ts';

/** A status as staff set it. */
export type NewStatus = { reason: string } & (
  | { status: 'active' }
  | { status: 'banned'; until?: Date | undefined }
);

/**
 * Decides a ban or its end; undefined when it changes nothing. A ban ends all sessions and tokens.
 *
 * @param isLastAdmin whether no other active account is ADMIN
 * @throws refusals `self_status_change`, `staff_account`, `account_deleted`, `last_admin`; `invalid_request` for a
 * ban that would be over
 */
export function changeStatus(
  account: Account,
  to: NewStatus,
  by: Staff,
  isLastAdmin: boolean,
  now: Date,
): Account | undefined {
  assertNotOneself(account, by);
  if (!by.roles.includes('ADMIN') && account.roles.some((role) => role !== 'USER')) {
    throw refusal('staff_account', 'Only an ADMIN changes the status of staff');
  }
  if (account.status === 'deleted') throw refusal('account_deleted');
  const bannedUntil = (to.status === 'banned' && to.until) || null;
  if (bannedUntil && bannedUntil <= now) throw invalidInput('until', 'must be in the future');
  const isSame =
    account.status === to.status &&
    account.statusReason === to.reason &&
    account.bannedUntil?.getTime() === bannedUntil?.getTime();
  if (isSame) return undefined;
  const ban = account.status !== 'banned' && to.status === 'banned';
  if (ban && isLastAdmin && isActiveAdmin(account)) throw refusal('last_admin');
  const change = { status: to.status, statusReason: to.reason, bannedUntil };
  return changed(account, ban ? { ...change, ...sessionsEnded(account) } : change, now);
}

/** Ends a ban whose time has come; undefined when there is none, or not yet. */
export function endBan(account: Account, now: Date): Account | undefined {
  if (account.status !== 'banned' || !account.bannedUntil || account.bannedUntil > now) return undefined;
  return changed(account, { status: 'active', statusReason: null, bannedUntil: null }, now);
}

/**
 * Decides a deletion by staff; undefined when it is deleted already.
 *
 * @throws refusals `self_status_change`, `last_admin`
 */
export function deleteByStaff(
  account: Account,
  by: Staff,
  isLastAdmin: boolean,
  now: Date,
): Account | undefined {
  assertNotOneself(account, by);
  return account.status === 'deleted' ? undefined : markDeleted(account, account.status, isLastAdmin, now);
}

/**
 * Decides a deletion by the owner.
 *
 * @throws refusals `account_banned`, `account_not_found` when it is deleted already, `last_admin`
 */
export function deleteOwn(account: Account, isLastAdmin: boolean, now: Date): Account {
  if (account.status === 'deleted') throw refusal('account_not_found');
  if (account.status === 'banned') throw refusal('account_banned');
  return markDeleted(account, account.status, isLastAdmin, now);
}

/**
 * Decides a restore, to what the account was: a ban that was not over is in force again. Undefined when it is not
 * deleted.
 *
 * @throws refusal `account_erased`
 */
export function restore(account: Account, now: Date): Account | undefined {
  if (account.erasedAt) throw refusal('account_erased');
  if (account.status !== 'deleted') return undefined;
  if (account.deletion?.statusBefore === 'banned') {
    const banned = changed(account, { status: 'banned', deletion: null }, now);
    return endBan(banned, now) ?? banned;
  }
  return changed(account, { status: 'active', statusReason: null, deletion: null }, now);
}

/**
 * Removes everything personal from a deleted account and frees its name. Undefined if the account is not deleted, or is
 * erased already. The replacement name is one that no player can register.
 */
export function erase(account: Account, now: Date): Account | undefined {
  if (account.status !== 'deleted' || account.erasedAt) return undefined;
  const gone = { email: null, displayName: null, passwordHash: null, statusReason: null, bannedUntil: null };
  const change = { ...gone, username: `erased:${account.id}`, deletion: null, lastLoginAt: null };
  return changed(account, { ...change, erasedAt: now }, now);
}

function markDeleted(
  account: Account,
  statusBefore: 'active' | 'banned',
  isLastAdmin: boolean,
  now: Date,
): Account {
  if (isLastAdmin && isActiveAdmin(account)) throw refusal('last_admin');
  const deletion = { at: now, statusBefore };
  return changed(account, { status: 'deleted', deletion, ...sessionsEnded(account) }, now);
}

function assertNotOneself(account: Account, by: Staff): void {
  if (by.id === account.id) throw refusal('self_status_change', 'Nobody changes their own status');
}
