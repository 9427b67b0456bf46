import type { Logger } from 'service-kit/logging';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from '../clock.ts';
import type { Transact } from '../transact.ts';
import { accountStatusChanged } from './account-messages.ts';
import { endBan } from './account-status.ts';
import type { AccountStore } from './account-store.ts';
import { workOff } from '../work-off.ts';

export interface EndBansDependencies {
  accounts: AccountStore;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  clock: Clock;
  logger: Logger;
}

/**
 * Ends the bans whose time has come. Every instance may run it at any time: of two that meet at one account, one has
 * to begin again and finds the ban ended. After an outage it ends whatever was missed.
 */
export function endBans(dependencies: EndBansDependencies): () => Promise<void> {
  const { accounts, audit, transact, clock, logger } = dependencies;

  function end(accountId: string): Promise<boolean> {
    return transact(async (tx) => {
      const account = await accounts.find(accountId, tx.session);
      const changed = account && endBan(account, clock());
      if (!changed) return false;
      await accounts.update(changed, tx.session);
      await audit.done({ action: 'end-ban', by: 'auth-service', accountId }, tx);
      tx.emit(accountStatusChanged(changed));
      return true;
    });
  }

  return () =>
    workOff(
      (limit) => accounts.dueBanEnds(clock(), limit),
      async (accountId) => {
        if (await end(accountId)) logger.info('A ban ended by its time', { accountId });
      },
    );
}
