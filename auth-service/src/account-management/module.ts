import type { Module, Platform } from 'service-kit/service';
import { accountIndexes, type AccountStore } from '../accounts/account-store.ts';
import type { Audit } from '../audit/audit.ts';
import type { DeviceStore } from '../guests/device-store.ts';
import type { Limits } from '../limits/limits.ts';
import { ACCOUNTS } from '../messaging/exchanges.ts';
import type { PasswordsModule } from '../passwords/module.ts';
import type { Credentials } from '../sessions/log-in.ts';
import type { SessionsModule } from '../sessions/module.ts';
import { accountRoutes } from './account-routes.ts';
import { administrationRoutes } from './administration-routes.ts';
import { bootstrapAdmin } from './bootstrap-admin.ts';
import { changePassword } from './change-password.ts';
import { createAccount } from './create-account.ts';
import { deleteAccount, deleteOwnAccount } from './delete-account.ts';
import { endBans } from './end-bans.ts';
import { meRoutes } from './me-routes.ts';
import { replaceRoles } from './replace-roles.ts';
import { restoreAccount } from './restore-account.ts';
import { lookUpAccounts, searchAccounts } from './search-accounts.ts';
import { setStatus } from './set-status.ts';
import { updateAccount, updateProfile } from './update-profile.ts';

export interface AccountManagementNeeds {
  audit: Audit;
  accounts: AccountStore;
  passwords: PasswordsModule;
  limits: Limits;
  sessions: SessionsModule;
  devices: DeviceStore;
  /** The first ADMIN, made if there is none. */
  bootstrap: Credentials | undefined;
}

/** What players do with their own account, and staff with those of others. */
export function createAccountManagement(platform: Platform, needs: AccountManagementNeeds): Module {
  const { transact, clock, newId, logger } = platform;
  const { audit, accounts, devices, bootstrap } = needs;
  const { audited } = audit;
  const { hasher, passwordJudge, assertHardToGuess } = needs.passwords;
  const { checkPassword, countNewPassword } = needs.limits;
  const { revoke, endSessions, endAllSessions } = needs.sessions;
  return {
    endpoints: [
      ...meRoutes({
        accounts,
        updateProfile: updateProfile({ accounts, audited, transact, clock }),
        changePassword: changePassword({
          accounts,
          endSessions,
          hasher,
          checkPassword,
          countNewPassword,
          assertHardToGuess,
          audited,
          transact,
        }),
        deleteOwnAccount: deleteOwnAccount({
          accounts,
          endSessions,
          checkPassword,
          audited,
          transact,
          clock,
        }),
      }),
      ...accountRoutes({
        accounts,
        searchAccounts: searchAccounts({ accounts, audit }),
        lookUpAccounts: lookUpAccounts({ accounts, audit }),
        replaceRoles: replaceRoles({ accounts, revoke, audited, transact, clock }),
        setStatus: setStatus({ accounts, endSessions, audited, transact, clock }),
      }),
      ...administrationRoutes({
        createAccount: createAccount({
          accounts,
          hasher,
          assertHardToGuess,
          audited,
          transact,
          newId,
          clock,
        }),
        updateAccount: updateAccount({ accounts, audited, transact, clock }),
        deleteAccount: deleteAccount({ accounts, endSessions, checkPassword, audited, transact, clock }),
        restoreAccount: restoreAccount({ accounts, devices, audited, transact, clock }),
        endAllSessions,
      }),
    ],
    exchanges: [ACCOUNTS],
    jobs: [
      { name: 'ends of bans', everyMs: 500, run: endBans({ accounts, audit, transact, clock, logger }) },
    ],
    components: bootstrap
      ? [
          {
            name: 'first admin',
            start: () =>
              bootstrapAdmin(bootstrap, {
                accounts,
                hasher,
                passwordJudge,
                audit,
                transact,
                newId,
                clock,
                logger,
              }),
          },
        ]
      : [],
    indexes: accountIndexes,
  };
}
