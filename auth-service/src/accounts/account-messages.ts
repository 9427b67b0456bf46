import type { OutgoingMessage } from 'service-kit/messaging';
import { ACCOUNTS } from '../topology.ts';
import type { Account } from './account.ts';

export function accountRegistered(
  account: Account,
  details: { inviteCode?: string | undefined; traceparent?: string | undefined },
): OutgoingMessage {
  const { inviteCode, traceparent } = details;
  return about(account, 'registered', traceparent, {
    username: account.username,
    guest: false,
    ...(inviteCode !== undefined && { inviteCode }),
    registeredAt: account.createdAt.toISOString(),
  });
}

export function accountStatusChanged(account: Account, traceparent: string): OutgoingMessage {
  const { status, statusReason } = account;
  return about(account, 'status-changed', traceparent, {
    status,
    ...(statusReason !== null && { reason: statusReason }),
  });
}

export function accountRolesChanged(account: Account, traceparent?: string): OutgoingMessage {
  return about(account, 'roles-changed', traceparent, { roles: account.roles });
}

function about(
  { id, version }: Account,
  what: 'registered' | 'status-changed' | 'roles-changed',
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
