import type { Registry } from '@prometheus-io/client';
import type { ClientSession } from 'mongodb';
import type { OutgoingMessage } from 'service-kit/messaging';
import { createGroupCommit, isStoreUnavailable, type GroupCommit, type Transact } from 'service-kit/mongo';
import type { AccountStore } from '../accounts/account-store.ts';
import { type Clock, unique } from 'service-kit/service';
import type { EventStore } from '../../catalog/events/event-store.ts';
import type { CountProgress } from '../progress/count-progress.ts';
import type { Refusal } from '../../http/refusal.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { Rules } from '../../catalog/rules/rules.ts';
import { decideAcceptances, type AcceptRequest, type AcceptWorld } from './decide-acceptances.ts';
import type { InviteStore } from './invite-store.ts';
import type { Acceptance } from './invite.ts';

/** Decides acceptances and stores what is new, in a transaction of the caller's. */
export type AcceptInvites = (
  requests: readonly AcceptRequest[],
  session: ClientSession,
) => Promise<(Acceptance | Refusal)[]>;

export interface AcceptInvitesDeps {
  invites: InviteStore;
  accounts: AccountStore;
  events: Pick<EventStore, 'idsTakingClaims'>;
  ruleReader: RuleReader;
  countProgress: CountProgress;
  clock: Clock;
  /** How old an account may be that accepts, in milliseconds. */
  maxAgeMs: number;
}

export function acceptInvites(deps: AcceptInvitesDeps): AcceptInvites {
  return async (requests, session) => {
    const { rules, ...world } = await worldOf(requests, deps, session);
    const { results, accepted, additions } = decideAcceptances(requests, world);
    if (accepted.length > 0) await deps.invites.saveAcceptances(accepted, session);
    await deps.countProgress(additions, rules, session);
    return results;
  };
}

// One after the other: a session has one operation at a time.
async function worldOf(
  requests: readonly AcceptRequest[],
  { invites: store, accounts, events, ruleReader, clock, maxAgeMs }: AcceptInvitesDeps,
  session: ClientSession,
): Promise<AcceptWorld & { rules: ReadonlyMap<string, Rules> }> {
  const now = clock();
  const invites = await store.findAll(unique(requests.map(({ code }) => code)), session);
  const inviterIds = [...invites.values()].map(({ inviterId }) => inviterId);
  const accountIds = unique([...requests.map(({ accountId }) => accountId), ...inviterIds]);
  const eventIds = invites.size > 0 ? await events.idsTakingClaims('invite', now, session) : [];
  const rules = await ruleReader.of(eventIds, session);
  return {
    rules,
    now,
    maxAgeMs,
    invites,
    participants: await store.participantsAmong(accountIds, session),
    accounts: await accounts.standingOf(accountIds, session),
    events: [...rules.values()].map(({ event }) => event),
  };
}

/** Acceptances that arrive together share a transaction: those of one invite would fight over it one by one. */
export function createAcceptances(deps: {
  acceptInvites: AcceptInvites;
  transact: Transact<OutgoingMessage>;
  metrics: Registry;
}): GroupCommit<AcceptRequest, Acceptance | Refusal> {
  const { acceptInvites, transact, metrics } = deps;
  return createGroupCommit({
    name: 'invites',
    isUnavailable: isStoreUnavailable,
    metrics,
    run: (requests) =>
      transact(({ session }) => acceptInvites(requests, session), { retryOnDuplicateKey: true }),
  });
}
