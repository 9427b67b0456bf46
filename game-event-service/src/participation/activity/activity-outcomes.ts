import type { ActivityMetrics } from './activity-metrics.ts';
import type { ActivityResult } from './decide-activity.ts';

/** Counts what became of items, for the metrics. */
export function countOutcomes(results: readonly ActivityResult[], { activityItems }: ActivityMetrics): void {
  for (const { accepted, duplicates, rejected } of results) {
    activityItems.inc({ outcome: 'accepted' }, accepted);
    activityItems.inc({ outcome: 'duplicate' }, duplicates);
    for (const { code } of rejected) activityItems.inc({ outcome: code });
  }
}
