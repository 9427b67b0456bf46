import type { Caller } from 'service-kit/audit';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Audited } from '../audit/audit.ts';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import type { EndSessions } from './end-sessions.ts';

export const logOutScopes = ['this', 'others', 'all'] as const;
export type LogOutScope = (typeof logOutScopes)[number];

export type LogOut = (by: Caller, scope: LogOutScope) => Promise<void>;
/** @throws refusal `account_not_found` */
export type EndAllSessions = (accountId: string, by: Caller) => Promise<void>;
export type EndSession = (sessionId: string, by: Caller) => Promise<void>;

export interface LogOutDeps {
  accounts: Pick<AccountStore, 'endSessions'>;
  endSessions: EndSessions;
  audited: Audited;
  transact: Transact;
}

/** Ends sessions of the caller; what has ended already stays as it is. */
export function logOut({ accounts, endSessions, audited, transact }: LogOutDeps): LogOut {
  return (by, scope) => {
    const { id: accountId, sessionId } = by;
    const { traceparent } = by.origin;
    return audited({ action: 'log-out', by, accountId, details: { scope, sessionId } }, (done) =>
      transact(async (tx) => {
        await done(tx);
        switch (scope) {
          case 'this':
            await endSessions.one({ id: sessionId, accountId, because: 'logout', traceparent }, tx);
            return;
          case 'others':
          case 'all': {
            const ended = await accounts.endSessions(accountId, tx.session);
            const except = scope === 'others' ? sessionId : undefined;
            if (ended) await endSessions.all(ended, { except, traceparent }, tx);
          }
        }
      }),
    );
  };
}

/**
 * Ends one session of an account, on any device.
 *
 * @throws refusal `session_not_found` also for a session of another account
 */
export function endSession(deps: Omit<LogOutDeps, 'accounts'>): EndSession {
  const { endSessions, audited, transact } = deps;

  return (sessionId, by) => {
    const accountId = by.id;
    const { traceparent } = by.origin;
    const ending = { id: sessionId, accountId, because: 'ended_by_owner', traceparent } as const;
    return audited({ action: 'end-session', by, accountId, details: { sessionId } }, (done) =>
      transact(async (tx) => {
        if (!(await endSessions.one(ending, tx))) throw refusal('session_not_found');
        await done(tx);
      }),
    );
  };
}

/** Ends all sessions and all access tokens of an account, for staff. */
export function endAllSessions(deps: LogOutDeps): EndAllSessions {
  const { accounts, endSessions, audited, transact } = deps;

  return (accountId, by) =>
    audited({ action: 'end-sessions', by, accountId }, (done) =>
      transact(async (tx) => {
        const ended = await accounts.endSessions(accountId, tx.session);
        if (!ended) throw refusal('account_not_found');
        const { traceparent } = by.origin;
        await endSessions.all(ended, { traceparent }, tx);
        await done(tx);
      }),
    );
}
