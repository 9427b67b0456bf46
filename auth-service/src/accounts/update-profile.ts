import type { Clock } from '../clock.ts';
import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive, changeProfile, type Account, type ProfileChange } from './account.ts';

export type UpdateProfile = (accountId: string, change: ProfileChange) => Promise<Account>;

export interface UpdateProfileDependencies {
  accounts: AccountStore;
  transact: Transact;
  clock: Clock;
}

/** Changes what the owner of an account may change. */
export function updateProfile({ accounts, transact, clock }: UpdateProfileDependencies): UpdateProfile {
  return (accountId, change) =>
    transact(async (tx) => {
      const account = assertActive(await accounts.find(accountId, tx.session));
      const changed = changeProfile(account, change, clock());
      if (changed) await accounts.update(changed, tx.session);
      return changed ?? account;
    });
}
