import type { ClientSession } from 'mongodb';
import { type Clock, unique } from 'service-kit/service';
import type { CountProgress } from '../progress/count-progress.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import { later } from '../../catalog/calendar/time.ts';
import { keyOf } from './activity-item.ts';
import type { ActivityStore } from './activity-store.ts';
import { additionsOf } from './count-activity.ts';
import { decideActivity, type AcceptedItem, type ActivityResult, type Batch } from './decide-activity.ts';
import type { RejectedActivityStore } from './rejected-activity-store.ts';

export interface ActivityLimits {
  /** How long before its arrival an item may have happened, in milliseconds. */
  maxAgeMs: number;
  /** How long items are kept, in milliseconds; that is how long they are known as duplicates, too. */
  retentionMs: number;
}

export interface RecordActivityDeps {
  activity: ActivityStore;
  rejectedActivity: RejectedActivityStore;
  countProgress: CountProgress;
  ruleReader: RuleReader;
  clock: Clock;
  limits: ActivityLimits;
}

/** @returns one result a batch */
export type RecordActivity = (batches: readonly Batch[], session: ClientSession) => Promise<ActivityResult[]>;

/**
 * Stores what happened and counts it, all in the caller's transaction. What others store of the same meanwhile
 * conflicts with it, and the caller's transaction runs again.
 */
export function recordActivity(deps: RecordActivityDeps): RecordActivity {
  const { activity, rejectedActivity, countProgress, ruleReader, clock, limits } = deps;

  async function count(accepted: readonly AcceptedItem[], session: ClientSession): Promise<void> {
    const times = accepted.map(({ at }) => at.getTime());
    const rules = await ruleReader.during(spanOf(times), session);
    await countProgress(additionsOf(accepted, rules.values()), rules, session);
  }

  return async (batches, session) => {
    const now = clock();
    const expiresAt = later(now, limits.retentionMs);
    const known = await activity.known(keysIn(batches), session);
    const { results, accepted, rejected } = decideActivity(batches, {
      known,
      now,
      maxAgeMs: limits.maxAgeMs,
    });
    if (rejected.length > 0) await rejectedActivity.insertAll(rejected, { at: now, expiresAt }, session);
    if (accepted.length > 0) {
      await activity.insertAll(accepted, { storedAt: now, expiresAt }, session);
      await count(accepted, session);
    }
    return results;
  };
}

function keysIn(batches: readonly Batch[]): string[] {
  return unique(
    batches.flatMap(({ client, received }) =>
      received.flatMap(({ item }) => (item ? [keyOf({ client, ...item })] : [])),
    ),
  );
}

function spanOf(times: readonly number[]): { first: Date; last: Date } {
  return { first: new Date(Math.min(...times)), last: new Date(Math.max(...times)) };
}
