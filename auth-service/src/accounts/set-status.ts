import type { Clock } from '../clock.ts';
import { refusal } from '../refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact } from '../transact.ts';
import { accountStatusChanged } from './account-messages.ts';
import type { AccountStore } from './account-store.ts';
import { changeStatus, isActiveAdmin, type Account, type Staff } from './account.ts';

export type SetStatus = (
  accountId: string,
  to: { status: 'active' | 'banned'; reason: string },
  by: Staff,
  traceparent: string,
) => Promise<Account>;

export interface SetStatusDependencies {
  accounts: AccountStore;
  endSessions: EndSessions;
  transact: Transact;
  clock: Clock;
}

/** Bans an account, which ends all its sessions, or ends the ban. */
export function setStatus({ accounts, endSessions, transact, clock }: SetStatusDependencies): SetStatus {
  return (accountId, to, by, traceparent) =>
    transact(async (tx) => {
      const account = await accounts.find(accountId, tx.session);
      if (!account) throw refusal('account_not_found');
      const isLastAdmin = isActiveAdmin(account) && !(await accounts.hasOtherAdmin(accountId, tx.session));
      const changed = changeStatus(account, to, by, isLastAdmin, clock());
      if (!changed) return account;
      await accounts.update(changed, tx.session);
      if (changed.status === 'banned') {
        const minVersion = changed.tokenVersion;
        await endSessions.all({ accountId, because: 'ban', minVersion, traceparent }, tx);
      }
      tx.emit(accountStatusChanged(changed, traceparent));
      return changed;
    });
}
