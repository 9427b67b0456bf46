import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { AuditAction } from '../audit/actions.ts';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive, changeProfile, type Account, type ProfileChange } from './account.ts';

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

export interface UpdateProfileDependencies {
  accounts: AccountStore;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Changes what the owner of an account may change. */
export function updateProfile(dependencies: UpdateProfileDependencies): UpdateProfile {
  const change = changing(dependencies, 'update-profile', assertActive);
  return (by, given, preconditions) => change(by.id, given, by, preconditions);
}

/** The same for staff, who may change it of a banned account as well. */
export function updateAccount(dependencies: UpdateProfileDependencies): UpdateAccount {
  return changing(dependencies, 'update-account', (account) => {
    if (!account) throw refusal('account_not_found');
    if (account.status === 'deleted') throw refusal('account_deleted');
    return account;
  });
}

function changing(
  { accounts, audited, transact, clock }: UpdateProfileDependencies,
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
