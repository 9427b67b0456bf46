import type { Audited } from '../audit/audit.ts';
import type { Caller } from '../audit/caller.ts';
import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact } from '../transact.ts';
import { accountStatusChanged } from './account-messages.ts';
import type { AccountStore } from './account-store.ts';
import { changeStatus, isActiveAdmin, type Account } from './account.ts';

export type SetStatus = (
  accountId: string,
  to: { status: 'active' | 'banned'; reason: string },
  by: Caller,
) => Promise<Account>;

export interface SetStatusDependencies {
  accounts: AccountStore;
  endSessions: EndSessions;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Bans an account, which ends all its sessions, or ends the ban. */
export function setStatus(dependencies: SetStatusDependencies): SetStatus {
  const { accounts, endSessions, audited, transact, clock } = dependencies;

  return (accountId, to, by) => {
    const details = { to: to.status };
    return audited({ action: 'set-status', by, accountId, reason: to.reason, details }, (done) =>
      transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        const isLastAdmin = isActiveAdmin(account) && !(await accounts.hasOtherAdmin(accountId, tx.session));
        const changed = changeStatus(account, to, by, isLastAdmin, clock());
        if (!changed) return account;
        const { traceparent } = by.origin;
        await accounts.update(changed, tx.session);
        if (changed.status === 'banned') {
          const minVersion = changed.tokenVersion;
          await endSessions.all({ accountId, because: 'ban', minVersion, traceparent }, tx);
        }
        await done(tx, { details: { from: account.status } });
        tx.emit(accountStatusChanged(changed, traceparent));
        return changed;
      }),
    );
  };
}
