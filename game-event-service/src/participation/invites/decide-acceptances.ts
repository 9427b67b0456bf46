import { accountFacts, type AccountStanding } from '../../catalog/conditions/account-facts.ts';
import { calendarOf } from '../../catalog/calendar/calendar.ts';
import { judgedAt, takesClaimsAt, type EventRules } from '../../catalog/events/event.ts';
import type { Addition } from '../progress/progress-store.ts';
import { counterKey } from '../../catalog/conditions/counter.ts';
import { refuse, type Refusal } from '../../http/refusal.ts';
import type { Acceptance, Invite, Participant } from './invite.ts';

export const ACCEPTED_KEY = counterKey('invite.accepted');
export const SENT_ACCEPTED_KEY = counterKey('invite.sent.accepted');

export interface AcceptRequest {
  code: string;
  accountId: string;
  /** When it was accepted, where that is in the past; now where it is left out. */
  at?: Date;
}

export interface AcceptWorld {
  now: Date;
  /** How old an account may be that accepts, in milliseconds; it has to be younger. */
  maxAgeMs: number;
  /** By code. */
  invites: ReadonlyMap<string, Pick<Invite, 'code' | 'inviterId'>>;
  /** Those who accept and those who invited, by account id. */
  participants: ReadonlyMap<string, Participant>;
  accounts: ReadonlyMap<string, AccountStanding>;
  /** Events in which acceptances may count. */
  events: readonly EventRules[];
}

/**
 * Decides acceptances that arrived together, in their order. New ones are in `accepted`, and their counts in
 * `additions`.
 *
 * An account cannot invite itself, not even by detours. This service sees no devices, and a guest is only a device, so
 * guests take no part on either side. An account that has brought in others is no newcomer any more. So every account
 * was invited before it invited, and rings of any length are impossible.
 */
export function decideAcceptances(
  requests: readonly AcceptRequest[],
  world: AcceptWorld,
): { results: (Acceptance | Refusal)[]; accepted: Acceptance[]; additions: Addition[] } {
  const accepted: Acceptance[] = [];
  const invited = new Map<string, Acceptance>();
  const inviters = new Set<string>();

  const results = requests.map(({ code, accountId, at = world.now }) => {
    const invite = world.invites.get(code);
    const before = invited.get(accountId) ?? acceptanceOf(accountId, world.participants.get(accountId));
    const refusal = refusalOfAccount(world.accounts.get(accountId), world.now);
    if (refusal) return refusal;
    if (!invite) return refuse('not_found', 'There is no such invite');
    if (before?.code === invite.code) return before;
    const isInviter = inviters.has(accountId) || (world.participants.get(accountId)?.brought ?? 0) > 0;
    return (
      refusalOf(invite, { accountId, at, before, isInviter }, world) ??
      accept({ code: invite.code, inviterId: invite.inviterId, accountId, at })
    );
  });
  return { results, accepted, additions: accepted.flatMap((each) => additionsOf(each, world)) };

  function accept(acceptance: Acceptance): Acceptance {
    accepted.push(acceptance);
    invited.set(acceptance.accountId, acceptance);
    inviters.add(acceptance.inviterId);
    return acceptance;
  }
}

function acceptanceOf(accountId: string, participant: Participant | undefined): Acceptance | undefined {
  return participant?.invitedBy && { accountId, ...participant.invitedBy };
}

function refusalOfAccount(account: AccountStanding | undefined, now: Date): Refusal | undefined {
  if (accountFacts(account, now).status === 'active') return undefined;
  return refuse('account_banned', 'A banned account cannot accept an invite');
}

interface Invitee {
  accountId: string;
  at: Date;
  before: Acceptance | undefined;
  isInviter: boolean;
}

function refusalOf(
  { inviterId }: Pick<Invite, 'inviterId'>,
  { accountId, at, before, isInviter }: Invitee,
  { accounts, maxAgeMs, now }: AcceptWorld,
): Refusal | undefined {
  if (inviterId === accountId) return refuse('own_invite', 'Nobody can accept an invite of his own');
  if (before) return refuse('invite_already_accepted', 'The account has accepted another invite');
  const account = accounts.get(accountId);
  if (!account?.registeredAt)
    return refuse('account_not_known_yet', 'The account has just been made: try again in a moment');
  if (account.guest) return refuse('guest_account', 'A guest cannot accept: upgrade the account first');
  if (at.getTime() - account.registeredAt.getTime() >= maxAgeMs)
    return refuse('account_too_old', 'Invites are for new accounts');
  if (isInviter) return refuse('invite_ring', 'Who has brought in others cannot be invited any more');
  const inviter = accountFacts(accounts.get(inviterId), now);
  return inviter.status === 'active' && !inviter.guest
    ? undefined
    : refuse('invite_not_valid', 'The invite is not valid any more');
}

/** What an acceptance counts: for the inviter and for the invited, in each event that runs at its time. */
function additionsOf({ accountId, inviterId, at }: Acceptance, { events, now }: AcceptWorld): Addition[] {
  return events
    .filter((event) => countsIn(event, at, now))
    .flatMap(({ id: eventId, timeZone }) => {
      const day = calendarOf(timeZone).dayOf(at);
      return [
        { eventId, accountId: inviterId, counterKey: SENT_ACCEPTED_KEY, day, value: 1 },
        { eventId, accountId, counterKey: ACCEPTED_KEY, day, value: 1 },
      ];
    });
}

/** An acceptance that arrives late still counts while the event takes claims, as if it had arrived in time. */
function countsIn(event: EventRules, at: Date, now: Date): boolean {
  if (event.kind !== 'invite' || !takesClaimsAt(event, now)) return false;
  return event.startsAt <= at && at <= judgedAt(event, now);
}
