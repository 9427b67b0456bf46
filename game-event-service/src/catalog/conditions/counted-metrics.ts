import { counterKey, type Where } from './counter.ts';
import { leavesOf, type Condition } from './condition.ts';

/** A metric that conditions ask for, with the attributes that its items must have to count. */
export interface CountedMetric {
  metric: string;
  where?: Where;
  /** {@link counterKey} */
  key: string;
}

/** What the conditions read, each counter once. */
export function countedMetrics(conditions: readonly Condition[]): CountedMetric[] {
  const counted = new Map<string, CountedMetric>();
  for (const leaf of conditions.flatMap(leavesOf)) {
    if ('account' in leaf) continue;
    const metric = 'streak' in leaf ? leaf.streak : leaf.metric;
    const where = 'metric' in leaf ? leaf.where : undefined;
    const key = counterKey(metric, where);
    counted.set(key, { metric, key, ...(where && { where }) });
  }
  return [...counted.values()];
}
