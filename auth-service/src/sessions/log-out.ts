import type { AccountStore } from '../accounts/account-store.ts';
import { refusal } from '../refusal.ts';
import type { Transact } from '../transact.ts';
import type { EndSessions } from './end-sessions.ts';

export const logOutScopes = ['this', 'others', 'all'] as const;
export type LogOutScope = (typeof logOutScopes)[number];

/** The session that a request belongs to. */
export interface OwnSession {
  accountId: string;
  sessionId: string;
}

export type LogOut = (own: OwnSession, scope: LogOutScope, traceparent: string) => Promise<void>;
export type EndSession = (own: OwnSession, traceparent: string) => Promise<void>;

export interface LogOutDependencies {
  accounts: Pick<AccountStore, 'raiseTokenVersion'>;
  endSessions: EndSessions;
  transact: Transact;
}

/** Ends sessions of the caller; what has ended already stays as it is. */
export function logOut({ accounts, endSessions, transact }: LogOutDependencies): LogOut {
  const because = 'logout';

  return ({ accountId, sessionId }, scope, traceparent) =>
    transact(async (tx) => {
      switch (scope) {
        case 'this':
          await endSessions.one({ id: sessionId, accountId, because, traceparent }, tx);
          return;
        case 'others':
          await endSessions.all({ accountId, except: sessionId, because, traceparent }, tx);
          return;
        case 'all': {
          const minVersion = await accounts.raiseTokenVersion(accountId, tx.session);
          await endSessions.all({ accountId, minVersion, because, traceparent }, tx);
        }
      }
    });
}

/**
 * Ends one session of an account, whichever device it is on.
 *
 * @throws refusal `session_not_found` also for somebody else's
 */
export function endSession({
  endSessions,
  transact,
}: Pick<LogOutDependencies, 'endSessions' | 'transact'>): EndSession {
  return async ({ accountId, sessionId }, traceparent) => {
    const ending = { id: sessionId, accountId, because: 'ended_by_owner', traceparent } as const;
    const isOwn = await transact((tx) => endSessions.one(ending, tx));
    if (!isOwn) throw refusal('session_not_found');
  };
}
