import type { IncomingMessage } from 'service-kit/messaging';
import type { BoundConsumer, Clock } from 'service-kit/service';
import type { ActivityMetrics } from './activity-metrics.ts';
import { later } from '../../catalog/calendar/time.ts';
import { ACTIVITY } from '../../messaging/exchanges.ts';
import { ActivityItemInMessage, MOST_ITEMS } from './activity-item.ts';
import { ActivityRecorded } from './activity-messages.ts';
import { countOutcomes } from './activity-outcomes.ts';
import type { Batch } from './decide-activity.ts';
import { receiveItems } from './receive-items.ts';
import type { RecordActivity } from './record-activity.ts';

export interface ActivityConsumerDeps {
  recordActivity: RecordActivity;
  clock: Clock;
  /** How long ago a message may have been sent, in milliseconds: no older one is ever replayed. */
  inboxRetentionMs: number;
  metrics: ActivityMetrics;
}

/** Takes items of activity that a game server sends by message, and not over HTTP. */
export function activityEvents(deps: ActivityConsumerDeps): BoundConsumer<ActivityRecorded> {
  const { recordActivity, clock, inboxRetentionMs, metrics } = deps;

  /**
   * The client is the event's `source`: what the broker knows of the sender (`user-id`) is gone once a message has
   * been through a retry queue. It arrived when it was sent, so that waiting, failing and being replayed make
   * nothing too old.
   */
  function batchOf({ source, time, data }: IncomingMessage<ActivityRecorded>): Batch {
    const now = clock();
    const sentAt = time === undefined ? now.getTime() : Date.parse(time);
    const earliest = later(now, -inboxRetentionMs).getTime();
    const arrivedAt = new Date(Math.min(Math.max(sentAt, earliest), now.getTime()));
    return { client: source, arrivedAt, received: receiveItems(data.items, ActivityItemInMessage) };
  }

  return {
    queue: 'game-event-service.activity',
    bindings: [{ exchange: ACTIVITY, routingKey: 'activity.recorded' }],
    schema: ActivityRecorded,
    transactionLimit: { sizeOf: ({ data }) => data.items.length, most: MOST_ITEMS },
    handleBatch: async (messages, tx) => {
      const results = await recordActivity(messages.map(batchOf), tx.session);
      tx.afterCommit(() => countOutcomes(results, metrics));
    },
  };
}
