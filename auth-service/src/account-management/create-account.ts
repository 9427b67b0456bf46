import type { Caller } from 'service-kit/audit';
import type { Role } from 'service-kit/identity';
import { account as accountSubject, type Audited } from '../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import { accountRegistered, accountRolesChanged } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { changed, openAccount, type Account } from '../accounts/account.ts';
import type { AssertHardToGuess } from '../passwords/hard-to-guess.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';

export interface AccountToCreate {
  username: string;
  password: string;
  email?: string | undefined;
  displayName?: string | undefined;
  /** Default: `USER`. */
  roles?: readonly Role[] | undefined;
}

export type CreateAccount = (given: AccountToCreate, by: Caller) => Promise<Account>;

export interface CreateAccountDeps {
  accounts: AccountStore;
  hasher: PasswordHasher;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
  newId: NewId;
  clock: Clock;
}

/** Opens an account for another person, with the roles that the caller asks for, and without a session. */
export function createAccount(deps: CreateAccountDeps): CreateAccount {
  const { accounts, hasher, assertHardToGuess, audited, transact, newId, clock } = deps;

  return ({ password, roles = ['USER'], ...names }, by) => {
    const { username, email, displayName } = names;
    const attempt = { action: 'create-account', by, username, details: { roles } } as const;
    return audited(attempt, async (done) => {
      const personal = [username, email, displayName];
      await assertHardToGuess({ door: 'creation', field: 'password', password, personal });
      // The unique index decides; this spares the hash where the answer is known.
      if (await accounts.findByUsername(username)) throw refusal('username_taken');

      const passwordHash = await hasher.hash(password);
      const now = clock();
      const registered = openAccount({ id: newId('acc'), ...names, passwordHash }, now);
      const isPlayer = roles.join() === registered.roles.join();
      const account = isPlayer ? registered : changed(registered, { roles }, now);
      const { traceparent } = by.origin;
      await transact(async (tx) => {
        await accounts.insert(account, tx.session);
        await done(tx, { subject: accountSubject(account.id) });
        tx.emit(accountRegistered(registered, { traceparent }));
        if (!isPlayer) tx.emit(accountRolesChanged(account, traceparent));
      });
      return account;
    });
  };
}
