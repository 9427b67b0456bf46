import type { Caller } from 'service-kit/audit';
import type { Audited } from '../audit/audit.ts';
import type { CountNewPassword } from '../limits/new-passwords.ts';
import type { CheckPassword } from '../limits/password-checks.ts';
import { refusal } from '../http/refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact } from '../database/transact.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { assertActive } from '../accounts/account.ts';
import type { AssertHardToGuess } from '../passwords/hard-to-guess.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';

export type ChangePassword = (
  by: Caller,
  passwords: { currentPassword: string; newPassword: string },
) => Promise<void>;

export interface ChangePasswordDeps {
  accounts: AccountStore;
  endSessions: EndSessions;
  hasher: PasswordHasher;
  checkPassword: CheckPassword;
  countNewPassword: CountNewPassword;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
}

/** Gives an account another password and ends all its sessions but the one that asks. */
export function changePassword(deps: ChangePasswordDeps): ChangePassword {
  const { accounts, endSessions, hasher, checkPassword } = deps;
  const { countNewPassword, assertHardToGuess, audited, transact } = deps;

  return (by, { currentPassword, newPassword }) => {
    const accountId = by.id;
    return audited({ action: 'change-password', by, accountId }, async (done) => {
      const account = assertActive(await accounts.find(accountId));
      const { username, passwordHash: currentHash } = account;
      const { address } = by.origin;
      const tried = { username, password: currentPassword, passwordHash: currentHash, address };
      const matches = await checkPassword(tried);
      if (!matches) throw refusal('wrong_password');
      await countNewPassword(accountId);
      const personal = [username, account.email, account.displayName];
      await assertHardToGuess({ door: 'change', field: 'newPassword', password: newPassword, personal });

      const passwordHash = await hasher.hash(newPassword);
      const isChanged = await transact(async (tx) => {
        const changed = await accounts.changePassword(account, passwordHash, tx.session);
        if (!changed) return false;
        const { traceparent } = by.origin;
        await endSessions.all(changed, { except: by.sessionId, traceparent }, tx);
        await done(tx);
        return true;
      });
      // Since the password was checked, another change was stored, or the account was banned.
      if (!isChanged) throw refusal('wrong_password');
    });
  };
}
