import type { Registry } from '@prometheus-io/client';
import type { OutgoingMessage } from 'service-kit/messaging';
import { createGroupCommit, isStoreUnavailable, type GroupCommit, type Transact } from 'service-kit/mongo';
import type { ActivityMetrics } from './activity-metrics.ts';
import { MOST_ITEMS } from './activity-item.ts';
import { countOutcomes } from './activity-outcomes.ts';
import type { ActivityResult, Batch } from './decide-activity.ts';
import type { RecordActivity } from './record-activity.ts';

export interface ActivityIntakeDeps {
  recordActivity: RecordActivity;
  transact: Transact<OutgoingMessage>;
  registry: Registry;
  metrics: ActivityMetrics;
}

/** Items that may wait in this process. */
const MOST_WAITING = 50 * MOST_ITEMS;

/**
 * Batches that come over HTTP together share one transaction, as far as it has room for them. One transaction at a
 * time also keeps batches about the same accounts from getting in each other's way.
 */
export function createActivityIntake(deps: ActivityIntakeDeps): GroupCommit<Batch, ActivityResult> {
  const { recordActivity, transact, registry, metrics } = deps;

  return createGroupCommit({
    name: 'activity',
    sizeOf: ({ received }) => received.length,
    maxBatch: MOST_ITEMS,
    maxQueued: MOST_WAITING,
    isUnavailable: isStoreUnavailable,
    metrics: registry,
    run: async (batches) => {
      const results = await transact(({ session }) => recordActivity(batches, session), {
        retryOnDuplicateKey: true,
      });
      countOutcomes(results, metrics);
      return results;
    },
  });
}
