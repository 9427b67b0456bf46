import type { ClientSession } from 'mongodb';
import type { EventStore, EventVersion } from '../events/event-store.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import type { RuleCache } from './rule-cache.ts';
import { rulesOf, type Rules } from './rules.ts';

export interface RuleReader {
  /**
   * @param session of a decision: its rules are those of the transaction. Without one they may be a second old.
   * @returns the rules of those of the events that are there, by id
   */
  of(eventIds: readonly string[], session?: ClientSession): Promise<Map<string, Rules>>;
  /** @returns the rules of the events in which something may have been done between these times, by id */
  during(span: { first: Date; last: Date }, session: ClientSession): Promise<Map<string, Rules>>;
}

/**
 * Finds rules in the cache. A decision asks the database for their versions, in its own transaction, and reads
 * there what is another version by now; so a cache that hears of nothing makes decisions slower and never wrong.
 */
export function createRuleReader(deps: {
  events: Pick<EventStore, 'versionsOf' | 'versionsDuring' | 'rulesOf'>;
  rewards: Pick<RewardStore, 'rulesOf'>;
  cache: Pick<RuleCache, 'get'>;
  /** Whether the cache has every change that is a second old. */
  isFresh: () => boolean;
}): RuleReader {
  const { events, rewards, cache, isFresh } = deps;

  async function read(
    versions: readonly EventVersion[],
    session: ClientSession | undefined,
  ): Promise<[string, Rules][]> {
    const ids = versions.map(({ id }) => id);
    const eventRules = await events.rulesOf(ids, session);
    const rewardRules = await rewards.rulesOf(ids, session);
    return [...eventRules].map(([id, event]) => [id, rulesOf(event, rewardRules.get(id) ?? [])]);
  }

  async function at(
    versions: readonly EventVersion[],
    session: ClientSession | undefined,
  ): Promise<Map<string, Rules>> {
    const found = new Map<string, Rules>();
    for (const version of versions) {
      const known = cache.get(version.id);
      if (known && isSame(known.version, version)) found.set(version.id, known.rules);
    }
    const changed = versions.filter(({ id }) => !found.has(id));
    if (changed.length === 0) return found;
    return new Map([...found, ...(await read(changed, session))]);
  }

  async function lately(ids: readonly string[]): Promise<Map<string, Rules>> {
    const found = new Map<string, Rules>();
    for (const id of ids) {
      const known = cache.get(id);
      if (known) found.set(id, known.rules);
    }
    const others = ids.filter((id) => !found.has(id));
    if (others.length === 0) return found;
    return new Map([...found, ...(await at(await events.versionsOf(others), undefined))]);
  }

  return {
    of: async (ids, session) =>
      session === undefined && isFresh() ? lately(ids) : at(await events.versionsOf(ids, session), session),
    during: async (span, session) => at(await events.versionsDuring(span, session), session),
  };
}

function isSame(known: EventVersion, current: EventVersion): boolean {
  return known.version === current.version && known.rewardsVersion === current.rewardsVersion;
}
