import { LRUCache } from 'lru-cache';
import type { ClientSession } from 'mongodb';
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
}

export interface RewardRule {
  reward: RewardRules;
  /** The event's condition and its own. */
  condition: CompiledCondition | undefined;
}

export interface RuleBook {
  /** @returns the rules of those of the events that are there, by id */
  of(eventIds: readonly string[], session?: ClientSession): Promise<Map<string, Rules>>;
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
export function createRuleBook(deps: { events: EventStore; rewards: RewardStore }): RuleBook {
  const { events, rewards } = deps;
  const entries = new LRUCache<string, Entry>({ max: MOST_EVENTS, ttl: LONGEST_MS });

  async function read(versions: readonly EventVersion[], session?: ClientSession): Promise<void> {
    const ids = versions.map(({ id }) => id);
    const eventRules = await events.rulesOf(ids, session);
    const rewardRules = await rewards.rulesOf(ids, session);
    for (const version of versions) {
      const event = eventRules.get(version.id);
      if (event)
        entries.set(version.id, { version, rules: rulesOf(event, rewardRules.get(version.id) ?? []) });
    }
  }

  return {
    of: async (eventIds, session) => {
      const versions = await events.versionsOf(eventIds, session);
      const changed = versions.filter((version) => !isSame(entries.get(version.id)?.version, version));
      if (changed.length > 0) await read(changed, session);
      const found = new Map<string, Rules>();
      for (const { id } of versions) {
        const rules = entries.get(id)?.rules;
        if (rules) found.set(id, rules);
      }
      return found;
    },
  };
}

function isSame(known: EventVersion | undefined, current: EventVersion): boolean {
  return known?.version === current.version && known.rewardsVersion === current.rewardsVersion;
}

export function rulesOf(event: EventRules, rewards: readonly RewardRules[]): Rules {
  const condition = event.condition && compileCondition(event.condition);
  return {
    event,
    condition,
    rewards: rewards.map((reward) => ({
      reward,
      condition: bothOf(condition, reward.condition && compileCondition(reward.condition)),
    })),
  };
}
