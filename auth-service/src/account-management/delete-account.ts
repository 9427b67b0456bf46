import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { CheckPassword } from '../limits/password-checks.ts';
import { invalidInput, refusal } from '../http/refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact, Transaction } from '../database/transact.ts';
import { accountStatusChanged } from '../accounts/account-messages.ts';
import { deleteByStaff, deleteOwn } from '../accounts/account-status.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { assertActive, type Account } from '../accounts/account.ts';
import { isLastAdmin } from '../accounts/last-admin.ts';

export type DeleteAccount = (accountId: string, by: Caller, preconditions: Preconditions) => Promise<void>;
export type DeleteOwnAccount = (password: string | undefined, by: Caller) => Promise<void>;

export interface DeleteAccountDeps {
  accounts: AccountStore;
  endSessions: EndSessions;
  checkPassword: CheckPassword;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/**
 * Deletes an account for staff: its sessions end and it is unknown to logins. Its name stays taken, and it can be
 * restored, until it is erased.
 */
export function deleteAccount(deps: DeleteAccountDeps): DeleteAccount {
  const { accounts, audited, transact, clock } = deps;

  return (accountId, by, preconditions) =>
    audited({ action: 'delete-account', by, accountId }, (done) =>
      transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        assertPreconditions(preconditions, versionTag(account.version));
        const isLast = await isLastAdmin(accounts, account, tx.session);
        const deleted = deleteByStaff(account, by, isLast, clock());
        if (!deleted) return;
        await store(deleted, deps, tx, by);
        await done(tx, { details: { from: account.status } });
      }),
    );
}

/** Deletes an account for its owner, who shows to know the password; a guest has none. */
export function deleteOwnAccount(deps: DeleteAccountDeps): DeleteOwnAccount {
  const { accounts, checkPassword, audited, transact, clock } = deps;

  async function assertOwner(account: Account, password: string | undefined, by: Caller): Promise<void> {
    if (account.guest && password !== undefined) throw invalidInput('password', 'A guest has none');
    if (account.guest) return;
    if (password === undefined) throw invalidInput('password', 'is needed');
    const { username, passwordHash } = account;
    const matches = await checkPassword({ username, password, passwordHash, address: by.origin.address });
    if (!matches) throw refusal('wrong_password');
  }

  return (password, by) => {
    const accountId = by.id;
    return audited({ action: 'delete-account', by, accountId }, async (done) => {
      const checked = assertActive(await accounts.find(accountId));
      await assertOwner(checked, password, by);
      await transact(async (tx) => {
        const account = assertActive(await accounts.find(accountId, tx.session));
        // Since the password was checked, it was changed, or the guest got one.
        if (account.passwordHash !== checked.passwordHash) throw refusal('wrong_password');
        const isLast = await isLastAdmin(accounts, account, tx.session);
        await store(deleteOwn(account, isLast, clock()), deps, tx, by);
        await done(tx);
      });
    });
  };
}

async function store(
  deleted: Account,
  { accounts, endSessions }: Pick<DeleteAccountDeps, 'accounts' | 'endSessions'>,
  tx: Transaction,
  { origin: { traceparent } }: Caller,
): Promise<void> {
  await accounts.update(deleted, tx.session);
  await endSessions.all(deleted, { traceparent }, tx);
  tx.emit(accountStatusChanged(deleted, traceparent));
}
