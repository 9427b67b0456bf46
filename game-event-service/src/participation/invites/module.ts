import type { Module, Platform } from 'service-kit/service';
import type { EventStore } from '../../catalog/events/event-store.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { AccountStore } from '../accounts/account-store.ts';
import type { CountProgress } from '../progress/count-progress.ts';
import { acceptInvites, createAcceptances } from './accept-invites.ts';
import { acceptRegistered, type AcceptRegistered } from './accept-registered.ts';
import { newInviteCode } from './invite-code.ts';
import { inviteRoutes } from './invite-routes.ts';
import { createInviteStore, inviteIndexes } from './invite-store.ts';
import { makeInvite } from './make-invite.ts';
import { submitAcceptance } from './submit-acceptance.ts';

/** How long an acceptance waits for the message about an account that has just been registered. */
const ACCOUNT_WAIT_MS = 2_000;

export interface InvitesModule extends Module {
  acceptRegistered: AcceptRegistered;
}

export interface InvitesNeeds {
  events: EventStore;
  ruleReader: RuleReader;
  accounts: AccountStore;
  countProgress: CountProgress;
  settings: { maxPerDay: number; maxAgeMs: number };
}

/** Invites, which one account makes and another accepts. */
export function createInvites(platform: Platform, needs: InvitesNeeds): InvitesModule {
  const { db, transact, clock, metrics } = platform;
  const { events, ruleReader, accounts, countProgress, settings } = needs;
  const { maxPerDay, maxAgeMs } = settings;
  const invites = createInviteStore(db);
  const accept = acceptInvites({ invites, accounts, events, ruleReader, countProgress, clock, maxAgeMs });
  const acceptances = createAcceptances({ acceptInvites: accept, transact, metrics });
  return {
    acceptRegistered: acceptRegistered({ acceptInvites: accept, clock }),
    endpoints: inviteRoutes({
      makeInvite: makeInvite({ invites, accounts, transact, clock, newCode: newInviteCode, maxPerDay }),
      submitAcceptance: submitAcceptance({ acceptances, waitMs: ACCOUNT_WAIT_MS }),
      invites,
    }),
    components: [acceptances],
    indexes: inviteIndexes,
  };
}
