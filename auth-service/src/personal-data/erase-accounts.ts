import type { AuditTrail } from 'service-kit/audit';
import type { Logger } from 'service-kit/logging';
import { accountStatusChanged } from '../accounts/account-messages.ts';
import { erase } from '../accounts/account-status.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { DeviceStore } from '../guests/device-store.ts';
import type { PasswordResetStore } from '../password-resets/password-reset-store.ts';
import type { SessionStore } from '../sessions/session-store.ts';
import type { Transact } from '../database/transact.ts';
import { workOff } from '../database/work-off.ts';

export interface EraseAccountsDeps {
  accounts: AccountStore;
  sessions: Pick<SessionStore, 'removeSome'>;
  devices: Pick<DeviceStore, 'forget'>;
  passwordResets: Pick<PasswordResetStore, 'forget'>;
  audit: Pick<Audit, 'done'>;
  trail: Pick<AuditTrail, 'eraseOrigins'>;
  transact: Transact;
  clock: Clock;
  logger: Logger;
}

const BATCH = 500;

/**
 * Erases what is personal of accounts that have been deleted for long enough, and tells the others to do the same.
 * Ledger and audit keep the account's id alone. Every instance may run it at any time: of two that meet at one account,
 * one has to begin again and finds it erased.
 *
 * @param retentionMs from the deletion to the erasure, in milliseconds
 */
export function eraseAccounts(deps: EraseAccountsDeps, retentionMs: number): () => Promise<void> {
  const { accounts, sessions, devices, passwordResets, audit, trail } = deps;
  const { transact, clock, logger } = deps;

  /**
   * A player can make any number of these, so they are erased before the account is marked, in writes of a bounded size.
   * When a process dies in between, the account is still due.
   */
  async function eraseTraces({ id: accountId, sessionEpoch: before }: Account): Promise<void> {
    const dead = { accountId, before, andEndedAlone: true };
    while ((await sessions.removeSome(dead, BATCH)) === BATCH);
    await trail.eraseOrigins(accountId);
  }

  async function eraseOne(accountId: string): Promise<boolean> {
    const due = await accounts.find(accountId);
    if (due && erase(due, clock())) await eraseTraces(due);
    return await transact(async (tx) => {
      const account = await accounts.find(accountId, tx.session);
      const erased = account && erase(account, clock());
      if (!erased) return false;
      await accounts.update(erased, tx.session);
      await devices.forget(accountId, tx.session);
      await passwordResets.forget(accountId, tx.session);
      await audit.done({ action: 'erase-account', by: 'auth-service', accountId }, tx);
      tx.emit(accountStatusChanged(erased));
      return true;
    });
  }

  return () =>
    workOff(
      (limit) => accounts.dueErasures(new Date(clock().getTime() - retentionMs), limit),
      async (accountId) => {
        if (await eraseOne(accountId)) logger.info('A deleted account was erased', { accountId });
      },
    );
}
