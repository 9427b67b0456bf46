import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { DeviceStore } from '../guests/device-store.ts';
import { refusal } from '../http/refusal.ts';
import type { Transact } from '../database/transact.ts';
import { accountStatusChanged } from '../accounts/account-messages.ts';
import { restore } from '../accounts/account-status.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';

export type RestoreAccount = (
  accountId: string,
  by: Caller,
  preconditions: Preconditions,
) => Promise<Account>;

export interface RestoreAccountDeps {
  accounts: AccountStore;
  devices: Pick<DeviceStore, 'keep'>;
  audited: Audited;
  transact: Transact;
  clock: Clock;
}

/**
 * Undoes a deletion; the sessions stay dead. A guest comes back only while its device has not opened another
 * account: nobody could enter it any more.
 */
export function restoreAccount(deps: RestoreAccountDeps): RestoreAccount {
  const { accounts, devices, audited, transact, clock } = deps;

  return (accountId, by, preconditions) =>
    audited({ action: 'restore-account', by, accountId }, (done) =>
      transact(async (tx) => {
        const account = await accounts.find(accountId, tx.session);
        if (!account) throw refusal('account_not_found');
        assertPreconditions(preconditions, versionTag(account.version));
        const restored = restore(account, clock());
        if (!restored) return account;
        const isEnterable = !account.guest || (await devices.keep(accountId, tx.session));
        if (!isEnterable) throw refusal('device_taken');
        await accounts.update(restored, tx.session);
        await done(tx, { details: { to: restored.status } });
        tx.emit(accountStatusChanged(restored, by.origin.traceparent));
        return restored;
      }),
    );
}
