import type { RequestOrigin } from 'service-kit/audit';
import { account as accountSubject, type Audited } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Clock } from '../clock.ts';
import type { MakeId } from '../ids.ts';
import type { CountNewAccount } from '../limits/new-accounts.ts';
import { refusal } from '../refusal.ts';
import type { SessionIssuer, Tokens } from '../sessions/session-issuer.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Transact } from '../transact.ts';
import { accountRegistered } from './account-messages.ts';
import type { AccountStore } from './account-store.ts';
import { openAccount, type Account } from './account.ts';
import type { AssertHardToGuess } from './hard-to-guess.ts';
import type { PasswordHasher } from './password-hasher.ts';

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

export interface RegisterAccountDependencies {
  accounts: AccountStore;
  sessions: SessionStore;
  issuer: SessionIssuer;
  hasher: PasswordHasher;
  countNewAccount: CountNewAccount;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
  makeId: MakeId;
  clock: Clock;
}

/** Opens an account and logs it in. */
export function registerAccount(dependencies: RegisterAccountDependencies): RegisterAccount {
  const { accounts, sessions, issuer, hasher, countNewAccount, assertHardToGuess } = dependencies;
  const { audited, transact, makeId, clock } = dependencies;

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
      const account = openAccount({ id: makeId('acc'), username, email, displayName, passwordHash }, now);
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
