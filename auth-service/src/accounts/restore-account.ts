import type { Caller } from 'service-kit/audit';
import { assertPreconditions, versionTag, type Preconditions } from 'service-kit/http';
import type { Audited } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { DeviceStore } from '../guests/device-store.ts';
import { refusal } from '../refusal.ts';
import type { Transact } from '../transact.ts';
import { accountStatusChanged } from './account-messages.ts';
import { restore } from './account-status.ts';
import type { AccountStore } from './account-store.ts';
import type { Account } from './account.ts';

export type RestoreAccount = (
  accountId: string,
  by: Caller,
  preconditions: Preconditions,
) => Promise<Account>;

export interface RestoreAccountDependencies {
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
export function restoreAccount(dependencies: RestoreAccountDependencies): RestoreAccount {
  const { accounts, devices, audited, transact, clock } = dependencies;

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
