import type { CreationPosition } from 'service-kit/http';
import type { Caller } from 'service-kit/audit';
import type { Audit } from '../audit/audit.ts';
import type { AccountFilter, AccountStore } from '../accounts/account-store.ts';
import type { Account } from '../accounts/account.ts';

export type SearchAccounts = (
  filter: AccountFilter,
  page: { after: CreationPosition | undefined; limit: number },
  by: Caller,
) => Promise<Account[]>;

export type LookUpAccounts = (ids: readonly string[], by: Caller) => Promise<Account[]>;

export interface SearchAccountsDeps {
  accounts: Pick<AccountStore, 'list' | 'findAll'>;
  audit: Pick<Audit, 'seen'>;
}

/** Finds accounts. Whom staff were shown is recorded, by id: the name that they looked for is a person's. */
export function searchAccounts({ accounts, audit }: SearchAccountsDeps): SearchAccounts {
  return async (filter, { after, limit }, by) => {
    const found = await accounts.list(filter, after, limit);
    if (by.kind === 'account') {
      const { namePrefix, role, status } = filter;
      const details = { byName: namePrefix !== undefined, role, status, shown: found.map(({ id }) => id) };
      await audit.seen({ action: 'search-accounts', by, details });
    }
    return found;
  };
}

/** Finds accounts by their ids, in the order of these; unknown ones are left out. Recorded like a search. */
export function lookUpAccounts({ accounts, audit }: SearchAccountsDeps): LookUpAccounts {
  return async (ids, by) => {
    const found = new Map((await accounts.findAll(ids)).map((account) => [account.id, account]));
    if (by.kind === 'account') {
      const details = { byId: true, shown: [...found.keys()] };
      await audit.seen({ action: 'search-accounts', by, details });
    }
    return ids.flatMap((id) => found.get(id) ?? []);
  };
}
