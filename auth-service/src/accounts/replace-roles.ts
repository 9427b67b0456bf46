import type { Role } from 'service-kit/identity';
import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { Revoke } from '../revocations/revoke.ts';
import type { Transact } from '../transact.ts';
import { accountRolesChanged } from './account-messages.ts';
import type { AccountStore } from './account-store.ts';
import { changeRoles, isActiveAdmin, type Account, type Staff } from './account.ts';

export type ReplaceRoles = (
  accountId: string,
  roles: readonly Role[],
  by: Staff,
  traceparent: string,
) => Promise<Account>;

export interface ReplaceRolesDependencies {
  accounts: AccountStore;
  revoke: Revoke;
  transact: Transact;
  clock: Clock;
}

/** Gives an account other roles; its sessions live on, its access tokens do not. */
export function replaceRoles({ accounts, revoke, transact, clock }: ReplaceRolesDependencies): ReplaceRoles {
  return (accountId, roles, by, traceparent) =>
    transact(async (tx) => {
      const account = await accounts.find(accountId, tx.session);
      if (!account) throw refusal('account_not_found');
      const isLastAdmin = isActiveAdmin(account) && !(await accounts.hasOtherAdmin(accountId, tx.session));
      const changed = changeRoles(account, roles, by, isLastAdmin, clock());
      if (!changed) return account;
      await accounts.update(changed, tx.session);
      await revoke({ accountId, minVersion: changed.tokenVersion }, tx, traceparent);
      tx.emit(accountRolesChanged(changed, traceparent));
      return changed;
    });
}
