import type { CheckPassword } from '../limits/password-checks.ts';
import { refusal } from '../refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Origin } from '../sessions/session.ts';
import type { OwnSession } from '../sessions/log-out.ts';

import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive } from './account.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { assertHardToGuess } from './password-policy.ts';
import { foldCase } from './username.ts';

export type ChangePassword = (
  own: OwnSession,
  passwords: { currentPassword: string; newPassword: string },
  origin: Origin,
) => Promise<void>;

export interface ChangePasswordDependencies {
  accounts: AccountStore;
  endSessions: EndSessions;
  hasher: PasswordHasher;
  checkPassword: CheckPassword;
  transact: Transact;
}

/** Gives an account another password and ends all its sessions but the one that asks. */
export function changePassword(dependencies: ChangePasswordDependencies): ChangePassword {
  const { accounts, endSessions, hasher, checkPassword, transact } = dependencies;

  return async ({ accountId, sessionId }, { currentPassword, newPassword }, origin) => {
    const account = assertActive(await accounts.find(accountId));
    const from = { usernameKey: foldCase(account.username), address: origin.address };
    const matches = await checkPassword(from, () => hasher.verify(account.passwordHash, currentPassword));
    if (!matches) throw refusal('wrong_password');
    assertHardToGuess('newPassword', newPassword, [account.username, account.email, account.displayName]);

    const passwordHash = await hasher.hash(newPassword);
    const isChanged = await transact(async (tx) => {
      if (!(await accounts.changePassword(account, passwordHash, tx.session))) return false;
      const { traceparent } = origin;
      const ending = { accountId, except: sessionId, because: 'password_change', traceparent } as const;
      await endSessions.all(ending, tx);
      return true;
    });
    // Somebody else changed it, or the account was banned, since the current one was checked.
    if (!isChanged) throw refusal('wrong_password');
  };
}
