import type { ClientSession } from 'mongodb';
import type { AccountStore } from '../accounts/account-store.ts';
import { factsOf } from '../../catalog/rules/decision-context.ts';
import { type Clock, unique } from 'service-kit/service';
import type { Rules } from '../../catalog/rules/rules.ts';
import { tally, type Tallies } from './tally.ts';
import { progressIdOf, type CounterChange, type Progress } from './progress.ts';
import type { Addition, ProgressKey, ProgressStore } from './progress-store.ts';

type RulesById = ReadonlyMap<string, Pick<Rules, 'event' | 'condition'>>;

/** Writes progress, and counts who takes part by it and who is eligible for the first time. */
export interface ProgressUpdater {
  add(additions: readonly Addition[], rules: RulesById, session: ClientSession): Promise<void>;
  /** Replaces counters. */
  replace(changes: readonly CounterChange[], rules: RulesById, session: ClientSession): Promise<void>;
  /** An account that claims is a participant, and eligible, even if it did nothing before. */
  noteClaims(
    claims: readonly ProgressKey[],
    rules: RulesById,
    tallies: Tallies,
    session: ClientSession,
  ): Promise<void>;
}

/** The figures of events. */
export interface EventStats {
  add(tallies: Tallies, session: ClientSession): Promise<void>;
}

export function createProgressUpdater(deps: {
  progress: ProgressStore;
  accounts: Pick<AccountStore, 'standingOf'>;
  stats: EventStats;
  clock: Clock;
}): ProgressUpdater {
  const { progress, accounts, stats, clock } = deps;

  /** Those whose progress meets the condition of its event. */
  async function eligibleAmong(
    found: readonly Progress[],
    rules: RulesById,
    session: ClientSession,
  ): Promise<Progress[]> {
    const asked = found.filter(({ eventId }) => rules.get(eventId)?.condition?.readsAccount);
    const ids = unique(asked.map(({ accountId }) => accountId));
    const context = {
      now: clock(),
      accounts: ids.length > 0 ? await accounts.standingOf(ids, session) : new Map<string, never>(),
    };
    return found.filter((each) => {
      const { event, condition } = rules.get(each.eventId) ?? {};
      if (!event || !condition) return false;
      return condition.isMet({ ...factsOf(event, each.accountId, context), progress: each });
    });
  }

  /** Called after progress was written. Some of it may be the first of its account in its event. */
  async function note(
    changed: readonly { eventId: string; accountId: string }[],
    newcomers: readonly Pick<Progress, 'eventId'>[],
    rules: RulesById,
    session: ClientSession,
  ): Promise<void> {
    const tallies: Tallies = new Map();
    for (const { eventId } of newcomers) tally(tallies, eventId, 'participants', 1);
    const judged = changed.filter(({ eventId }) => rules.get(eventId)?.condition);
    if (judged.length > 0) {
      const ids = unique(judged.map(({ eventId, accountId }) => progressIdOf(eventId, accountId)));
      const eligible = await eligibleAmong(await progress.notEligible(ids, session), rules, session);
      if (eligible.length > 0) await progress.markEligible(eligible, session);
      for (const { eventId } of eligible) tally(tallies, eventId, 'eligible', 1);
    }
    await stats.add(tallies, session);
  }

  return {
    add: async (additions, rules, session) => {
      await note(additions, await progress.addAll(additions, session), rules, session);
    },
    replace: async (changes, rules, session) => {
      await note(changes, await progress.replaceAll(changes, session), rules, session);
    },
    noteClaims: async (claims, rules, tallies, session) => {
      const claimants = claims.map(({ eventId, accountId }) => ({
        eventId,
        accountId,
        eligible: rules.get(eventId)?.condition !== undefined,
      }));
      const { newcomers, eligible } = await progress.takePart(claimants, session);
      for (const { eventId } of newcomers) tally(tallies, eventId, 'participants', 1);
      for (const { eventId } of eligible) tally(tallies, eventId, 'eligible', 1);
    },
  };
}
