import type { RequestOrigin } from 'service-kit/audit';
import { account as accountSubject, type Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock, NewId } from 'service-kit/service';
import type { CountNewAccount } from '../limits/new-accounts.ts';
import { refusal } from '../http/refusal.ts';
import type { SessionIssuer, Tokens } from './session-issuer.ts';
import type { SessionStore } from './session-store.ts';
import type { Transact } from '../database/transact.ts';
import { accountRegistered } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { openAccount, type Account } from '../accounts/account.ts';
import type { AssertHardToGuess } from '../passwords/hard-to-guess.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';

export interface Registration {
  username: string;
  password: string;
  email?: string | undefined;
  displayName?: string | undefined;
  inviteCode?: string | undefined;
}

export type RegisterAccount = (
  registration: Registration,
  origin: RequestOrigin,
) => Promise<{ account: Account; tokens: Tokens }>;

export interface RegisterAccountDeps {
  accounts: AccountStore;
  sessions: SessionStore;
  issuer: SessionIssuer;
  hasher: PasswordHasher;
  countNewAccount: CountNewAccount;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
  newId: NewId;
  clock: Clock;
}

/** Opens an account and logs it in. */
export function registerAccount(deps: RegisterAccountDeps): RegisterAccount {
  const { accounts, sessions, issuer, hasher, countNewAccount, assertHardToGuess } = deps;
  const { audited, transact, newId, clock } = deps;

  return (registration, origin) => {
    const { username, password, email, displayName, inviteCode } = registration;
    const attempt = { action: 'register-account', by: somebodyAt(origin), username } as const;
    return audited(attempt, async (done) => {
      await countNewAccount(origin.address);
      const personal = [username, email, displayName];
      await assertHardToGuess({ door: 'registration', field: 'password', password, personal });
      // The unique index decides; this spares the hash where the answer is known.
      if (await accounts.findByUsername(username)) throw refusal('username_taken');

      const passwordHash = await hasher.hash(password);
      const now = clock();
      const account = openAccount({ id: newId('acc'), username, email, displayName, passwordHash }, now);
      const { session, refreshToken } = issuer.open(account, origin, now);
      await transact(async (tx) => {
        await accounts.insert(account, tx.session);
        await sessions.insertAll([session], tx.session);
        const subject = accountSubject(account.id);
        await done(tx, { subject, details: { sessionId: session.id } });
        tx.emit(accountRegistered(account, { inviteCode, traceparent: origin.traceparent }));
      });
      return { account, tokens: issuer.tokensFor(account, refreshToken, now) };
    });
  };
}
