import { LRUCache } from 'lru-cache';
import type { ClientSession } from 'mongodb';
import { countedMetrics, type CountedMetric } from '../conditions/counted-metrics.ts';
import { bothOf, compileCondition, type CompiledCondition } from '../conditions/compiled-condition.ts';
import type { EventStore, EventVersion } from '../events/event-store.ts';
import type { EventRules } from '../events/event.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import type { RewardRules } from '../rewards/reward.ts';

/** An event with all that decisions about it need, its conditions compiled. */
export interface Rules {
  event: EventRules;
  condition: CompiledCondition | undefined;
  rewards: readonly RewardRule[];
  /** What its condition and those of its rewards read. */
  counted: readonly CountedMetric[];
}

export interface RewardRule {
  reward: RewardRules;
  /** The event's condition and its own. */
  condition: CompiledCondition | undefined;
}

export interface RuleBook {
  /** @returns the rules of those of the events that are there, by id */
  of(eventIds: readonly string[], session?: ClientSession): Promise<Map<string, Rules>>;
  /** @returns the rules of the events in which something may have been done between these times, by id */
  during(span: { first: Date; last: Date }, session: ClientSession): Promise<Map<string, Rules>>;
}

interface Entry {
  version: EventVersion;
  rules: Rules;
}

const MOST_EVENTS = 5_000;
/** Versions only grow; an entry goes all the same, should a failover ever have taken a change back. */
const LONGEST_MS = 10_000;

/**
 * Keeps the rules of events in memory. What is asked of the database each time, in the caller's transaction, is
 * their versions: whatever has changed is read again, so that nothing is ever decided by rules of the past.
 */
export function createRuleBook(deps: {
  events: Pick<EventStore, 'versionsOf' | 'versionsDuring' | 'rulesOf'>;
  rewards: Pick<RewardStore, 'rulesOf'>;
}): RuleBook {
  const { events, rewards } = deps;
  const entries = new LRUCache<string, Entry>({ max: MOST_EVENTS, ttl: LONGEST_MS });

  async function read(
    versions: readonly EventVersion[],
    session: ClientSession | undefined,
  ): Promise<Map<string, Rules>> {
    const ids = versions.map(({ id }) => id);
    const eventRules = await events.rulesOf(ids, session);
    const rewardRules = await rewards.rulesOf(ids, session);
    const fresh = new Map<string, Rules>();
    for (const version of versions) {
      const event = eventRules.get(version.id);
      if (!event) continue;
      const rules = rulesOf(event, rewardRules.get(version.id) ?? []);
      fresh.set(version.id, rules);
      entries.set(version.id, { version, rules });
    }
    return fresh;
  }

  async function at(
    versions: readonly EventVersion[],
    session: ClientSession | undefined,
  ): Promise<Map<string, Rules>> {
    const found = new Map<string, Rules>();
    // Taken out at once: an entry may expire, or make room for another, while the others are read.
    for (const version of versions) {
      const entry = entries.get(version.id);
      if (entry && isSame(entry.version, version)) found.set(version.id, entry.rules);
    }
    const changed = versions.filter(({ id }) => !found.has(id));
    if (changed.length > 0) {
      for (const [id, rules] of await read(changed, session)) found.set(id, rules);
    }
    return found;
  }

  return {
    of: async (eventIds, session) => at(await events.versionsOf(eventIds, session), session),
    during: async (span, session) => at(await events.versionsDuring(span, session), session),
  };
}

function isSame(known: EventVersion, current: EventVersion): boolean {
  return known.version === current.version && known.rewardsVersion === current.rewardsVersion;
}

export function rulesOf(event: EventRules, rewards: readonly RewardRules[]): Rules {
  const condition = event.condition && compileCondition(event.condition);
  const conditions = [event, ...rewards].flatMap((each) => each.condition ?? []);
  return {
    event,
    condition,
    counted: countedMetrics(conditions),
    rewards: rewards.map((reward) => ({
      reward,
      condition: bothOf(condition, reward.condition && compileCondition(reward.condition)),
    })),
  };
}
