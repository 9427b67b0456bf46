import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import { refusal } from '../http/refusal.ts';
import type { EndSessions } from '../sessions/end-sessions.ts';
import type { Transact } from '../database/transact.ts';
import { accountStatusChanged } from '../accounts/account-messages.ts';
import { changeStatus, type NewStatus } from '../accounts/account-status.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import { isLastAdmin } from '../accounts/last-admin.ts';

export type SetStatus = (
  accountId: string,
  to: NewStatus,
  by: Caller,
  preconditions: Preconditions,
) => Promise<Account>;

export interface SetStatusDeps {
  accounts: AccountStore;
  endSessions: EndSessions;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/** Bans an account, which ends all its sessions, or ends the ban. */
export function setStatus(deps: SetStatusDeps): SetStatus {
  const { accounts, endSessions, audited, transact, clock } = deps;

  return (accountId, to, by, preconditions) => {
    const until = to.status === 'banned' ? to.until?.toISOString() : undefined;
    const details = { to: to.status, ...(until !== undefined && { until }) };
    return audited({ action: 'set-status', by, accountId, reason: to.reason, details }, (done) =>
      transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        assertPreconditions(preconditions, versionTag(account.version));
        const isLast = await isLastAdmin(accounts, account, tx.session);
        const changed = changeStatus(account, to, by, isLast, clock());
        if (!changed) return account;
        const { traceparent } = by.origin;
        await accounts.update(changed, tx.session);
        if (changed.sessionEpoch > account.sessionEpoch) await endSessions.all(changed, { traceparent }, tx);
        await done(tx, { details: { from: account.status } });
        tx.emit(accountStatusChanged(changed, traceparent));
        return changed;
      }),
    );
  };
}
