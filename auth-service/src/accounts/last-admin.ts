import type { ClientSession } from 'mongodb';
import type { AccountStore } from './account-store.ts';
import { isActiveAdmin, type Account } from './account.ts';

/** Whether no other active account is ADMIN; nobody can take that away before the transaction ends. */
export async function isLastAdmin(
  accounts: Pick<AccountStore, 'hasOtherAdmin'>,
  account: Account,
  session: ClientSession,
): Promise<boolean> {
  return isActiveAdmin(account) && !(await accounts.hasOtherAdmin(account.id, session));
}
