import type { Audited } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import type { Clock } from '../clock.ts';
import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive, changeProfile, type Account, type ProfileChange } from './account.ts';

export type UpdateProfile = (by: Caller, change: ProfileChange) => Promise<Account>;

export interface UpdateProfileDependencies {
  accounts: AccountStore;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Changes what the owner of an account may change. */
export function updateProfile(dependencies: UpdateProfileDependencies): UpdateProfile {
  const { accounts, audited, transact, clock } = dependencies;

  return (by, change) =>
    audited({ action: 'update-profile', by, accountId: by.id }, (done) =>
      transact(async (tx) => {
        const account = assertActive(await accounts.find(by.id, tx.session));
        const changed = changeProfile(account, change, clock());
        if (!changed) return account;
        await accounts.update(changed, tx.session);
        await done(tx, { details: { fields: Object.keys(change) } });
        return changed;
      }),
    );
}
