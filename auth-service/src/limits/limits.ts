import { Counter, type Registry } from '@prometheus-io/client';
import type { RedisClient } from 'service-kit/redis';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import { createNewPasswordCount, type CountNewPassword } from './new-passwords.ts';
import { createNewAccountCount, type CountNewAccount } from './new-accounts.ts';
import { createNewSessionCount, type CountNewSession } from './new-sessions.ts';
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
  /** Sessions that are opened for one account: logins, and entries of a device that is known. */
  newSessionsPerAccount: number;
  /** The same from one address. */
  newSessionsPerAddress: number;
}

export interface Limits {
  checkPassword: CheckPassword;
  countNewAccount: CountNewAccount;
  countNewPassword: CountNewPassword;
  countNewSession: CountNewSession;
}

/** What strangers may try how often, over all instances. */
export function createLimits(
  { redis, hasher, metrics }: { redis: RedisClient; hasher: PasswordHasher; metrics: Registry },
  settings: LimitSettings,
): Limits {
  const { windowMs, loginFailuresPerAccount, loginFailuresPerAddress, newAccountsPerAddress } = settings;
  const { newPasswordsPerAccount, newSessionsPerAccount, newSessionsPerAddress } = settings;
  const refusals = new Counter({
    name: 'auth_limit_refusals_total',
    help: 'Tries that were refused because there were too many in the window, by the limit',
    labelNames: ['limit'],
    registers: [metrics],
  });
  const window = (name: string, limit: number) => {
    refusals.inc({ limit: name }, 0);
    const onRefusal = (): void => refusals.inc({ limit: name });
    return createSlidingWindow({ redis, name, limit, windowMs, onRefusal });
  };

  return {
    checkPassword: createPasswordChecks({
      account: window('password:account', loginFailuresPerAccount),
      address: window('password:address', loginFailuresPerAddress),
      hasher,
    }),
    countNewAccount: createNewAccountCount(window('new-account', newAccountsPerAddress)),
    countNewPassword: createNewPasswordCount(window('new-password', newPasswordsPerAccount)),
    countNewSession: createNewSessionCount({
      account: window('new-session:account', newSessionsPerAccount),
      address: window('new-session:address', newSessionsPerAddress),
    }),
  };
}
