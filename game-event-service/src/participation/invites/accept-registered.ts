import type { IncomingMessage, OutgoingMessage } from 'service-kit/messaging';
import type { Transaction } from 'service-kit/mongo';
import type { Clock } from 'service-kit/service';
import type { AccountEvent } from '../accounts/account-messages.ts';
import type { AcceptInvites } from './accept-invites.ts';
import type { AcceptRequest } from './decide-acceptances.ts';
import { readInviteCode } from './invite-code.ts';

export type AcceptRegistered = (
  messages: readonly IncomingMessage<AccountEvent>[],
  tx: Transaction<OutgoingMessage>,
) => Promise<void>;

/** Accepts the invites with which accounts were registered. */
export function acceptRegistered(deps: { acceptInvites: AcceptInvites; clock: Clock }): AcceptRegistered {
  const { acceptInvites, clock } = deps;
  return async (messages, tx) => {
    const now = clock();
    const invited = messages.flatMap((message) => acceptanceIn(message, now));
    if (invited.length > 0) await acceptInvites(invited, tx.session);
  };
}

/** Accepted at the registration: a message that comes late makes nobody too old. Guests and what is no code are ignored. */
function acceptanceIn({ type, data }: AccountEvent, now: Date): AcceptRequest[] {
  if (type !== 'laurel.account.registered.v1' || data.guest) return [];
  const code = readInviteCode(data.inviteCode ?? '');
  if (code === undefined) return [];
  return [{ code, accountId: data.accountId, at: data.registeredAt < now ? data.registeredAt : now }];
}
