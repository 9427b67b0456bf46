import type { RedisClient } from 'service-kit/redis';
import type { PasswordHasher } from '../accounts/password-hasher.ts';
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
}

export interface Limits {
  checkPassword: CheckPassword;
  countNewAccount: CountNewAccount;
}

/** What strangers may try how often, over all instances. */
export function createLimits(
  { redis, hasher }: { redis: RedisClient; hasher: PasswordHasher },
  settings: LimitSettings,
): Limits {
  const { windowMs, loginFailuresPerAccount, loginFailuresPerAddress, newAccountsPerAddress } = settings;
  const window = (name: string, limit: number) => createSlidingWindow({ redis, name, limit, windowMs });

  return {
    checkPassword: createPasswordChecks({
      account: window('password:account', loginFailuresPerAccount),
      address: window('password:address', loginFailuresPerAddress),
      hasher,
    }),
    countNewAccount: createNewAccountCount(window('new-account', newAccountsPerAddress)),
  };
}
