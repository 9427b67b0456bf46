import type { RedisClient } from 'service-kit/redis';
import type { PasswordHasher } from '../accounts/password-hasher.ts';
import { createNewPasswordCount, type CountNewPassword } from './new-passwords.ts';
import { createNewAccountCount, type CountNewAccount } from './new-accounts.ts';
import { createPasswordChecks, type CheckPassword } from './password-checks.ts';
import { createSlidingWindow } from './sliding-window.ts';

export interface LimitSettings {
  windowMs: number;
  /** Wrong passwords for one account from one address. */
  loginFailuresPerAccount: number;
  /** Wrong passwords from one address. */
  loginFailuresPerAddress: number;
  /** Accounts that one address opens. */
  newAccountsPerAddress: number;
  /** New passwords that one account tries to take, by a change or by a reset. */
  newPasswordsPerAccount: number;
}

export interface Limits {
  checkPassword: CheckPassword;
  countNewAccount: CountNewAccount;
  countNewPassword: CountNewPassword;
}

/** What strangers may try how often, over all instances. */
export function createLimits(
  { redis, hasher }: { redis: RedisClient; hasher: PasswordHasher },
  settings: LimitSettings,
): Limits {
  const { windowMs, loginFailuresPerAccount, loginFailuresPerAddress } = settings;
  const { newAccountsPerAddress, newPasswordsPerAccount } = settings;
  const window = (name: string, limit: number) => createSlidingWindow({ redis, name, limit, windowMs });

  return {
    checkPassword: createPasswordChecks({
      account: window('password:account', loginFailuresPerAccount),
      address: window('password:address', loginFailuresPerAddress),
      hasher,
    }),
    countNewAccount: createNewAccountCount(window('new-account', newAccountsPerAddress)),
    countNewPassword: createNewPasswordCount(window('new-password', newPasswordsPerAccount)),
  };
}
