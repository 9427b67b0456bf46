import type { ClientSession } from 'mongodb';
import type { EventStore, EventVersion } from '../events/event-store.ts';
import { LONGEST_GRACE_S } from '../events/event.ts';
import type { RewardStore } from '../rewards/reward-store.ts';
import type { Clock } from 'service-kit/service';
import { later } from '../calendar/time.ts';
import { rulesOf, type Rules } from './rules.ts';

/** Rules, and what they were made of. */
export interface KnownRules {
  version: EventVersion;
  rules: Rules;
}

/** The rules of every event that runs, or ended so lately that claims may still be taken. */
export interface RuleCache {
  get(eventId: string): KnownRules | undefined;
  /** Reads all of them anew. */
  load(session?: ClientSession): Promise<void>;
  /** Reads those of these events anew. */
  refresh(eventIds: readonly string[]): Promise<void>;
}

/**
 * Only what a majority of the replica set has gets into the cache, so that no failover takes it back. An event is
 * read before its rewards: changed in between, it has a version that is too old, and never one that is too new.
 */
export function createRuleCache(deps: {
  events: Pick<EventStore, 'live'>;
  rewards: Pick<RewardStore, 'rulesOf'>;
  clock: Clock;
}): RuleCache {
  const { events, rewards, clock } = deps;
  let known = new Map<string, KnownRules>();
  let before: Promise<void> = Promise.resolve();

  /** Reads run one after the other, so that an older result never replaces a newer one. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = before.then(work);
    before = turn.catch(() => undefined);
    return turn;
  }

  async function read(ids?: readonly string[], session?: ClientSession): Promise<Map<string, KnownRules>> {
    const found = await events.live({ endedAfter: longestGraceAgo(), ids }, session);
    const rewardRules = await rewards.rulesOf(
      found.map(({ version }) => version.id),
      session,
    );
    return new Map(
      found.map(({ version, event }) => [
        version.id,
        { version, rules: rulesOf(event, rewardRules.get(version.id) ?? []) },
      ]),
    );
  }

  const longestGraceAgo = (): Date => later(clock(), -LONGEST_GRACE_S * 1_000);

  return {
    get: (eventId) => known.get(eventId),
    load: (session) =>
      inTurn(async () => {
        known = await read(undefined, session);
      }),
    refresh: (ids) =>
      inTurn(async () => {
        const fresh = await read(ids);
        for (const id of ids) known.delete(id);
        for (const [id, rules] of fresh) known.set(id, rules);
        forgetOver(known, longestGraceAgo());
      }),
  };
}

function forgetOver(known: Map<string, KnownRules>, since: Date): void {
  for (const [id, { rules }] of known) {
    const { endedAt } = rules.event;
    if (endedAt && endedAt <= since) known.delete(id);
  }
}
