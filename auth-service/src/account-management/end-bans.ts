import type { Logger } from 'service-kit/logging';
import type { Audit } from '../audit/audit.ts';
import type { Clock } from 'service-kit/service';
import type { Transact } from '../database/transact.ts';
import { accountStatusChanged } from '../accounts/account-messages.ts';
import { endBan } from '../accounts/account-status.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import { workOff } from '../database/work-off.ts';

export interface EndBansDeps {
  accounts: AccountStore;
  audit: Pick<Audit, 'done'>;
  transact: Transact;
  clock: Clock;
  logger: Logger;
}

/**
 * Ends the bans that are due. Every instance may run it at any time: if two meet at one account, one begins again and
 * finds the ban ended. After an outage it catches up.
 */
export function endBans(deps: EndBansDeps): () => Promise<void> {
  const { accounts, audit, transact, clock, logger } = deps;

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
