import { Counter, type Registry } from '@prometheus-io/client';

export interface ActivityMetrics {
  /** Items of activity, by what became of them. */
  activityItems: Counter<'outcome'>;
}

export function createActivityMetrics(registry: Registry): ActivityMetrics {
  return {
    activityItems: new Counter({
      name: 'activity_items_total',
      help: 'Items of activity: accepted, duplicate, or why they were rejected',
      labelNames: ['outcome'],
      registers: [registry],
    }),
  };
}
