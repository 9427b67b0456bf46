import { refusal } from '../refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { OwnSession } from '../sessions/log-out.ts';

import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive } from './account.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { assertHardToGuess } from './password-policy.ts';

export type ChangePassword = (
  own: OwnSession,
  passwords: { currentPassword: string; newPassword: string },
  traceparent: string,
) => Promise<void>;

export interface ChangePasswordDependencies {
  accounts: AccountStore;
  endSessions: EndSessions;
  hasher: PasswordHasher;
  transact: Transact;
}

/** Gives an account another password and ends all its sessions but the one that asks. */
export function changePassword(dependencies: ChangePasswordDependencies): ChangePassword {
  const { accounts, endSessions, hasher, transact } = dependencies;

  return async ({ accountId, sessionId }, { currentPassword, newPassword }, traceparent) => {
    const account = assertActive(await accounts.find(accountId));
    if (!(await hasher.verify(account.passwordHash, currentPassword))) throw refusal('wrong_password');
    assertHardToGuess('newPassword', newPassword, [account.username, account.email, account.displayName]);

    const passwordHash = await hasher.hash(newPassword);
    const isChanged = await transact(async (tx) => {
      if (!(await accounts.changePassword(account, passwordHash, tx.session))) return false;
      const ending = { accountId, except: sessionId, because: 'password_change', traceparent } as const;
      await endSessions.all(ending, tx);
      return true;
    });
    // Somebody else changed it, or the account was banned, since the current one was checked.
    if (!isChanged) throw refusal('wrong_password');
  };
}
