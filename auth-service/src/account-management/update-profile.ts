import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { AuditAction } from '../audit/actions.ts';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { assertActive, changeProfile, type Account, type ProfileChange } from '../accounts/account.ts';

export type UpdateProfile = (
  by: Caller,
  change: ProfileChange,
  preconditions: Preconditions,
) => Promise<Account>;
export type UpdateAccount = (
  accountId: string,
  change: ProfileChange,
  by: Caller,
  preconditions: Preconditions,
) => Promise<Account>;

export interface UpdateProfileDeps {
  accounts: AccountStore;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Changes what the owner of an account may change. */
export function updateProfile(deps: UpdateProfileDeps): UpdateProfile {
  const change = changing(deps, 'update-profile', assertActive);
  return (by, given, preconditions) => change(by.id, given, by, preconditions);
}

/** The same for staff, who may change it of a banned account as well. */
export function updateAccount(deps: UpdateProfileDeps): UpdateAccount {
  return changing(deps, 'update-account', (account) => {
    if (!account) throw refusal('account_not_found');
    if (account.status === 'deleted') throw refusal('account_deleted');
    return account;
  });
}

function changing(
  { accounts, audited, transact, clock }: UpdateProfileDeps,
  action: AuditAction,
  assertChangeable: (account: Account | undefined) => Account,
): UpdateAccount {
  return (accountId, change, by, preconditions) =>
    audited({ action, by, accountId }, (done) =>
      transact(async (tx) => {
        const account = assertChangeable(await accounts.find(accountId, tx.session));
        assertPreconditions(preconditions, versionTag(account.version));
        const changed = changeProfile(account, change, clock());
        if (!changed) return account;
        await accounts.update(changed, tx.session);
        await done(tx, { details: { fields: Object.keys(change) } });
        return changed;
      }),
    );
}
