import type { RequestOrigin } from 'service-kit/audit';
import type { AccountStore } from '../accounts/account-store.ts';
import { withPassword, type Account } from '../accounts/account.ts';
import type { AssertHardToGuess } from '../passwords/hard-to-guess.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock } from 'service-kit/service';
import type { CountNewPassword } from '../limits/new-passwords.ts';
import { refusal } from '../http/refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact } from '../database/transact.ts';
import type { PasswordReset, PasswordResetStore } from './password-reset-store.ts';

export type ResetPassword = (token: string, newPassword: string, origin: RequestOrigin) => Promise<void>;

export interface ResetPasswordDeps {
  accounts: AccountStore;
  passwordResets: PasswordResetStore;
  endSessions: EndSessions;
  hasher: PasswordHasher;
  countNewPassword: CountNewPassword;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/**
 * Gives an account another password, once, for a caller with the token, and ends all its sessions. A refused password
 * leaves the token valid. A ban stays: the new password does not log in before the ban is over.
 */
export function resetPassword(deps: ResetPasswordDeps): ResetPassword {
  const { accounts, passwordResets, endSessions, hasher, countNewPassword } = deps;
  const { assertHardToGuess, audited, transact, clock } = deps;

  return async (token, newPassword, origin) => {
    const reset = await passwordResets.find(token, clock());
    const accountId = reset?.accountId;
    await audited({ action: 'reset-password', by: somebodyAt(origin), accountId }, async (done) => {
      const owner = accountId === undefined ? undefined : await accounts.find(accountId);
      const { id, username, email, displayName } = assertGood(owner, reset);
      await countNewPassword(id);
      const personal = [username, email, displayName];
      await assertHardToGuess({ door: 'reset', field: 'newPassword', password: newPassword, personal });

      const passwordHash = await hasher.hash(newPassword);
      await transact(async (tx) => {
        const isGood = await passwordResets.take({ accountId: id, token, now: clock() }, tx.session);
        const account = assertGood(isGood ? await accounts.find(id, tx.session) : undefined, reset);
        const changed = withPassword(account, passwordHash);
        await accounts.update(changed, tx.session);
        const { traceparent } = origin;
        await endSessions.all(changed, { traceparent }, tx);
        await done(tx);
      });
    });
  };
}

/** A token is good for the account as it was when it was made, and void once anybody has changed how it is entered. */
function assertGood(account: Account | undefined, reset: PasswordReset | undefined): Account {
  const isSame = account?.credentialVersion === reset?.credentialVersion;
  if (!account || !isSame || account.status === 'deleted') throw refusal('invalid_reset_token');
  return account;
}
