import type { Caller } from 'service-kit/audit';
import { accountUpgraded } from '../accounts/account-messages.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { assertActive, upgrade, type Account } from '../accounts/account.ts';
import type { AssertHardToGuess } from '../passwords/hard-to-guess.ts';
import type { PasswordHasher } from '../passwords/password-hasher.ts';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { CountNewAccount } from '../limits/new-accounts.ts';
import { refusal } from '../http/refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { SessionIssuer, Tokens } from '../sessions/session-issuer.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Transact } from '../database/transact.ts';

export interface Upgrade {
  username: string;
  password: string;
  email?: string | undefined;
}

export type UpgradeGuest = (given: Upgrade, by: Caller) => Promise<{ account: Account; tokens: Tokens }>;

export interface UpgradeGuestDeps {
  accounts: AccountStore;
  sessions: SessionStore;
  endSessions: EndSessions;
  issuer: SessionIssuer;
  hasher: PasswordHasher;
  countNewAccount: CountNewAccount;
  assertHardToGuess: AssertHardToGuess;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/**
 * Gives a guest a name and a password; it stays the same account with all it owns. From now on the device alone does
 * not enter, so all sessions end except the one that asks.
 */
export function upgradeGuest(deps: UpgradeGuestDeps): UpgradeGuest {
  const { accounts, sessions, endSessions, issuer, hasher, countNewAccount } = deps;
  const { assertHardToGuess, audited, transact, clock } = deps;

  return (given, by) => {
    const accountId = by.id;
    const { username, password, email } = given;
    return audited({ action: 'upgrade-guest', by, accountId }, async (done) => {
      const guest = assertActive(await accounts.find(accountId));
      if (!guest.guest) throw refusal('not_a_guest');
      // Its answer tells whether a name is taken, as a registration does, so it counts as one.
      await countNewAccount(by.origin.address);
      const personal = [username, email, guest.displayName];
      await assertHardToGuess({ door: 'upgrade', field: 'password', password, personal });
      const named = await accounts.findByUsername(username);
      if (named && named.id !== accountId) throw refusal('username_taken');

      const passwordHash = await hasher.hash(password);
      return await transact(async (tx) => {
        const now = clock();
        const current = assertActive(await accounts.find(accountId, tx.session));
        const account = upgrade(current, { username, passwordHash, email }, now);
        await accounts.update(account, tx.session);
        const { traceparent } = by.origin;
        await endSessions.all(account, { except: by.sessionId, traceparent }, tx);
        const { session, refreshToken } = issuer.open(account, by.origin, now);
        await sessions.insertAll([session], tx.session);
        await done(tx, { details: { sessionId: session.id } });
        tx.emit(accountUpgraded(account, traceparent));
        return { account, tokens: issuer.tokensFor(account, refreshToken, now) };
      });
    });
  };
}
