import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { OwnSession } from '../sessions/log-out.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Transact } from '../transact.ts';
import type { AccountStore } from './account-store.ts';
import { assertActive } from './account.ts';
import type { PasswordHasher } from './password-hasher.ts';
import { assertHardToGuess } from './password-policy.ts';

export type ChangePassword = (
  own: OwnSession,
  passwords: { currentPassword: string; newPassword: string },
) => Promise<void>;

export interface ChangePasswordDependencies {
  accounts: AccountStore;
  sessions: SessionStore;
  hasher: PasswordHasher;
  transact: Transact;
  clock: Clock;
}

/** Gives an account another password and ends all its sessions but the one that asks. */
export function changePassword(dependencies: ChangePasswordDependencies): ChangePassword {
  const { accounts, sessions, hasher, transact, clock } = dependencies;

  return async ({ accountId, sessionId }, { currentPassword, newPassword }) => {
    const account = assertActive(await accounts.find(accountId));
    if (!(await hasher.verify(account.passwordHash, currentPassword))) throw refusal('wrong_password');
    assertHardToGuess('newPassword', newPassword, [account.username, account.email, account.displayName]);

    const passwordHash = await hasher.hash(newPassword);
    const now = clock();
    const isChanged = await transact(async (tx) => {
      if (!(await accounts.changePassword(account, passwordHash, tx.session))) return false;
      await sessions.revokeAll(accountId, { except: sessionId, because: 'password_change', now }, tx.session);
      return true;
    });
    // Somebody else changed it, or the account was banned, since the current one was checked.
    if (!isChanged) throw refusal('wrong_password');
  };
}
