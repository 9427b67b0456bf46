import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import { orThrow } from '../../http/refusal.ts';
import type { Clock } from 'service-kit/service';
import type { NewInviteCode } from './invite-code.ts';
import type { InviteStore } from './invite-store.ts';
import { countInvite, type Invite } from './invite.ts';

/** @throws {DomainError} `account_banned`, `guest_account`, `invite_limit_reached` */
export type MakeInvite = (accountId: string) => Promise<Invite>;

export interface MakeInviteDeps {
  invites: InviteStore;
  accounts: AccountStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  newCode: NewInviteCode;
  maxPerDay: number;
}

/** Makes an invite. Its code is new: should one ever come twice, the transaction is run again with another. */
export function makeInvite(deps: MakeInviteDeps): MakeInvite {
  const { invites, accounts, transact, clock, newCode, maxPerDay } = deps;

  return (accountId) =>
    transact(
      async ({ session }) => {
        const now = clock();
        const account = (await accounts.standingOf([accountId], session)).get(accountId);
        const participant = (await invites.participantsAmong([accountId], session)).get(accountId) ?? {};
        const made = orThrow(countInvite(account, participant, { now, maxPerDay }));
        const invite: Invite = {
          code: newCode(),
          inviterId: accountId,
          createdAt: now,
          accepted: 0,
          latest: [],
        };
        await invites.saveMade(accountId, made, session);
        await invites.insert(invite, session);
        return invite;
      },
      { retryOnDuplicateKey: true },
    );
}
