import type { AccountStore } from '../accounts/account-store.ts';
import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { Transact } from '../transact.ts';
import type { SessionStore } from './session-store.ts';

export const logOutScopes = ['this', 'others', 'all'] as const;
export type LogOutScope = (typeof logOutScopes)[number];

/** The session that a request belongs to. */
export interface OwnSession {
  accountId: string;
  sessionId: string;
}

export type LogOut = (own: OwnSession, scope: LogOutScope) => Promise<void>;
export type EndSession = (accountId: string, sessionId: string) => Promise<void>;

export interface LogOutDependencies {
  accounts: AccountStore;
  sessions: SessionStore;
  transact: Transact;
  clock: Clock;
}

/** Ends sessions of the caller; what has ended already stays as it is. */
export function logOut(dependencies: LogOutDependencies): LogOut {
  const { accounts, sessions, transact, clock } = dependencies;

  return async ({ accountId, sessionId }, scope) => {
    const now = clock();
    switch (scope) {
      case 'this':
        await sessions.revokeOne(sessionId, accountId, 'logout', now);
        return;
      case 'others':
        await transact((tx) =>
          sessions.revokeAll(accountId, { except: sessionId, because: 'logout', now }, tx.session),
        );
        return;
      case 'all':
        await transact(async (tx) => {
          await accounts.raiseTokenVersion(accountId, tx.session);
          await sessions.revokeAll(accountId, { because: 'logout', now }, tx.session);
        });
    }
  };
}

/**
 * Ends one session of an account, whichever device it is on.
 *
 * @throws refusal `session_not_found` also for somebody else's
 */
export function endSession({ sessions, clock }: Pick<LogOutDependencies, 'sessions' | 'clock'>): EndSession {
  return async (accountId, sessionId) => {
    const isOwn = await sessions.revokeOne(sessionId, accountId, 'ended_by_owner', clock());
    if (!isOwn) throw refusal('session_not_found');
  };
}
