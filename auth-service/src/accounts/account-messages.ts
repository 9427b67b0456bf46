import type { OutgoingMessage } from 'service-kit/messaging';
import { ACCOUNTS } from '../messaging/exchanges.ts';
import type { Account } from './account.ts';

export function accountRegistered(
  account: Account,
  details: { inviteCode?: string | undefined; traceparent?: string | undefined },
): OutgoingMessage {
  const { inviteCode, traceparent } = details;
  return about(account, 'registered', traceparent, {
    username: account.username,
    guest: account.guest,
    ...(inviteCode !== undefined && { inviteCode }),
    registeredAt: account.createdAt.toISOString(),
  });
}

export function accountUpgraded(account: Account, traceparent: string): OutgoingMessage {
  return about(account, 'upgraded', traceparent, { username: account.username });
}

/** @param traceparent of the request; nobody asked when time alone did it */
export function accountStatusChanged(account: Account, traceparent?: string): OutgoingMessage {
  const { status, statusReason, bannedUntil, erasedAt } = account;
  return about(account, 'status-changed', traceparent, {
    status,
    // Of a deleted account these belong to what it was before.
    ...(status !== 'deleted' && statusReason !== null && { reason: statusReason }),
    ...(status !== 'deleted' && bannedUntil && { until: bannedUntil.toISOString() }),
    ...(erasedAt && { erased: true }),
  });
}

export function accountRolesChanged(account: Account, traceparent?: string): OutgoingMessage {
  return about(account, 'roles-changed', traceparent, { roles: account.roles });
}

function about(
  { id, version }: Account,
  what: 'registered' | 'upgraded' | 'status-changed' | 'roles-changed',
  traceparent: string | undefined,
  data: object,
): OutgoingMessage {
  return {
    type: `laurel.account.${what}.v1`,
    exchange: ACCOUNTS,
    routingKey: `account.${what}`,
    subject: id,
    data: { accountId: id, accountVersion: version, ...data },
    ...(traceparent !== undefined && { traceparent }),
  };
}
