import type { Registry } from '@prometheus-io/client';
import type { RequestOrigin } from 'service-kit/audit';
import { createGroupCommit, isStoreUnavailable, type GroupCommit } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { Attempt, Audit } from '../audit/audit.ts';
import { somebodyAt } from '../audit/somebody-at.ts';
import type { Transact } from '../database/transact.ts';
import type { SessionStore } from './session-store.ts';
import type { Session } from './session.ts';

export interface Login {
  /** As it was when its password was checked. */
  account: Account;
  session: Session;
  origin: RequestOrigin;
}

/**
 * Opens the session of a login; gives the account as it is now, undefined when it was banned, deleted or given
 * another password since its password was checked.
 */
export type Logins = GroupCommit<Login, Account | undefined>;

/**
 * Logins that arrive together share one transaction. It writes to each account, so that a ban or another password
 * cannot slip in between: one of the two transactions sees the other.
 */
export function createLogins(deps: {
  accounts: Pick<AccountStore, 'recordLogins'>;
  sessions: Pick<SessionStore, 'insertAll'>;
  audit: Pick<Audit, 'decided'>;
  transact: Transact;
  metrics: Registry;
}): Logins {
  const { accounts, sessions, audit, transact, metrics } = deps;

  return createGroupCommit({
    name: 'logins',
    isUnavailable: isStoreUnavailable,
    metrics,
    run: (logins) =>
      transact(async (tx) => {
        const found = await accounts.recordLogins(
          logins.map(({ account, session }) => ({ account, at: session.createdAt })),
          tx.session,
        );
        // Ended meanwhile or not, the session belongs to the epoch that the account has now.
        const opened = logins.flatMap(({ session, ...login }, index) => {
          const account = found[index];
          return account ? [{ ...login, session: { ...session, epoch: account.sessionEpoch } }] : [];
        });
        if (opened.length === 0) return found;
        await sessions.insertAll(
          opened.map(({ session }) => session),
          tx.session,
        );
        await audit.decided(
          opened.map((login) => ({ attempt: attemptOf(login), refused: undefined })),
          tx,
        );
        return found;
      }),
  });
}

/** A caller with the right password acts as the account. */
function attemptOf({ account: { id }, session, origin }: Login): Attempt {
  const by = { ...somebodyAt(origin), kind: 'account', id } as const;
  return { action: 'log-in', by, accountId: id, details: { sessionId: session.id } };
}
