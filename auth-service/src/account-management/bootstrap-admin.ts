import { ConfigError } from 'service-kit/config';
import { DomainError } from 'service-kit/http';
import type { Logger } from 'service-kit/logging';
import type { Audit } from '../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import type { Credentials } from '../sessions/log-in.ts';
import type { Transact } from '../database/transact.ts';
import { accountRegistered, accountRolesChanged } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { openAccount } from '../accounts/account.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { PasswordJudge } from '../passwords/password-judge.ts';

export interface BootstrapAdminDeps {
  accounts: AccountStore;
  hasher: PasswordHasher;
  passwordJudge: Pick<PasswordJudge, 'weaknessOf'>;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  newId: NewId;
  clock: Clock;
  logger: Logger;
}

/**
 * Opens the first ADMIN account. Once there is any account with that role this does nothing, so it may run at every
 * start of every instance. An account that a player registered under the name is never promoted.
 *
 * @throws {ConfigError} when the password is too easy to guess
 */
export async function bootstrapAdmin(
  { username, password }: Credentials,
  deps: BootstrapAdminDeps,
): Promise<void> {
  const { accounts, hasher, passwordJudge, audit, transact, newId, clock, logger } = deps;
  if (await accounts.hasAdmin()) return;
  const weakness = await passwordJudge.weaknessOf(password, [username]);
  if (weakness !== undefined) {
    throw new ConfigError([{ variable: 'BOOTSTRAP_ADMIN_PASSWORD', rule: weakness }]);
  }

  const passwordHash = await hasher.hash(password);
  const registered = openAccount({ id: newId('acc'), username, passwordHash }, clock());
  const admin = { ...registered, roles: ['ADMIN'] as const, version: registered.version + 1 };
  try {
    await transact(async (tx) => {
      await accounts.insert(admin, tx.session);
      await audit.done({ action: 'bootstrap-admin', by: 'auth-service', accountId: admin.id }, tx);
      tx.emit(accountRegistered(registered, {}), accountRolesChanged(admin));
    });
    logger.info('Opened the first ADMIN account', { accountId: admin.id, username });
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'username_taken') throw error;
    // Usually another instance that started at the same moment.
    if (await accounts.hasAdmin()) return;
    logger.error('There is no ADMIN, and BOOTSTRAP_ADMIN_USERNAME belongs to a player; choose another name', {
      username,
    });
  }
}
