import type { AuditTrail } from 'service-kit/audit';
import type { IncomingMessage, OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import { unique } from 'service-kit/service';
import type { AccountEvent } from './account-messages.ts';
import type { AccountCache } from './account-cache.ts';
import type { AccountStore } from './account-store.ts';
import { applyNews, unheardOf, type Account, type AccountNews } from './account.ts';

export type FollowAccounts = (
  messages: readonly IncomingMessage<AccountEvent>[],
  tx: Transaction<OutgoingMessage>,
) => Promise<void>;

export interface FollowAccountsDeps {
  accounts: AccountStore;
  cache: AccountCache;
  /** Asks for the cancellation of what these accounts have pending. */
  cancelClaimsOf: (accounts: readonly Account[], tx: Transaction<OutgoingMessage>) => Promise<void>;
  /** Accepts the invites with which accounts were registered. */
  acceptRegistered: (
    messages: readonly IncomingMessage<AccountEvent>[],
    tx: Transaction<OutgoingMessage>,
  ) => Promise<void>;
  trail: Pick<AuditTrail, 'eraseOrigins'>;
}

/**
 * Keeps the copy of the accounts up to date, stops what a banned or deleted one has pending, and accepts the
 * invites with which they were registered.
 */
export function followAccounts(deps: FollowAccountsDeps): FollowAccounts {
  const { accounts, cache, cancelClaimsOf, acceptRegistered, trail } = deps;
  return async (messages, tx) => {
    const known = await accounts.findAll(unique(messages.map(({ data }) => data.accountId)), tx.session);
    const changed = new Map<string, Account>();
    const barred = new Map<string, Account>();
    for (const message of messages) {
      const { accountId } = message.data;
      const before = changed.get(accountId) ?? known.get(accountId) ?? unheardOf(accountId);
      const after = applyNews(before, newsIn(message));
      if (after === before) continue;
      changed.set(accountId, after);
      if (after.status !== 'active' && after.statusVersion > before.statusVersion)
        barred.set(accountId, after);
    }
    if (changed.size > 0) {
      await accounts.saveAll([...changed.values()], tx.session);
      tx.afterCommit(() => cache.put([...changed.values()]));
    }
    if (barred.size > 0) await cancelClaimsOf([...barred.values()], tx);
    // In no transaction, for there may be any number of them: it is done again when this one is not committed.
    for (const { type, data } of messages)
      if (type === 'laurel.account.status-changed.v1' && data.erased)
        await trail.eraseOrigins(data.accountId);
    // Whether or not the account is news: what was refused or not read then may be accepted now, and never twice.
    await acceptRegistered(messages, tx);
  };
}

function newsIn({ type, data }: AccountEvent): AccountNews {
  const version = data.accountVersion;
  if (type === 'laurel.account.registered.v1') {
    const { username, guest, registeredAt } = data;
    return { about: 'profile', version, username, guest, registeredAt };
  }
  if (type === 'laurel.account.upgraded.v1') {
    return { about: 'profile', version, username: data.username, guest: false };
  }
  if (type === 'laurel.account.roles-changed.v1') return { about: 'roles', version, roles: data.roles };
  const { status, until, erased } = data;
  return { about: 'status', version, status, erased, ...(until && { bannedUntil: until }) };
}
