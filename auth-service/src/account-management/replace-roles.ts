import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { Role } from 'service-kit/identity';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Revoke } from '../sessions/revoke.ts';
import type { Transact } from '../database/transact.ts';
import { accountRolesChanged } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { changeRoles, type Account } from '../accounts/account.ts';
import { isLastAdmin } from '../accounts/last-admin.ts';

export type ReplaceRoles = (
  accountId: string,
  roles: readonly Role[],
  by: Caller,
  preconditions: Preconditions,
) => Promise<Account>;

export interface ReplaceRolesDeps {
  accounts: AccountStore;
  revoke: Revoke;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Gives an account other roles; its sessions live on, its access tokens do not. */
export function replaceRoles(deps: ReplaceRolesDeps): ReplaceRoles {
  const { accounts, revoke, audited, transact, clock } = deps;

  return (accountId, roles, by, preconditions) =>
    audited({ action: 'replace-roles', by, accountId, details: { to: roles } }, (done) =>
      transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        assertPreconditions(preconditions, versionTag(account.version));
        const isLast = await isLastAdmin(accounts, account, tx.session);
        const changed = changeRoles(account, roles, by, isLast, clock());
        if (!changed) return account;
        const { traceparent } = by.origin;
        await accounts.update(changed, tx.session);
        await revoke({ accountId, minVersion: changed.tokenVersion }, tx, traceparent);
        await done(tx, { details: { from: account.roles } });
        tx.emit(accountRolesChanged(changed, traceparent));
        return changed;
      }),
    );
}
