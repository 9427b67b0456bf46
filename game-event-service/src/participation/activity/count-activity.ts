import { calendarOf } from '../../catalog/calendar/calendar.ts';
import type { CountedMetric } from '../../catalog/conditions/counted-metrics.ts';
import { happenedIn } from '../../catalog/events/event.ts';
import type { Where } from '../../catalog/conditions/counter.ts';
import type { Addition } from '../progress/progress-store.ts';
import type { Rules } from '../../catalog/rules/rules.ts';
import type { ActivityItem } from './activity-item.ts';

/** What of an item is counted. */
export type Countable = Pick<ActivityItem, 'accountId' | 'metric' | 'value' | 'at' | 'attributes'>;

/**
 * What items add to the counters: each to those of every event during which it happened and whose conditions ask
 * for it. That depends on the item and the rules alone, not on when it is asked, so counting again what was stored
 * gives the same counters.
 */
export function additionsOf(items: readonly Countable[], rules: Iterable<CountingRules>): Addition[] {
  const asking = new Map<string, { event: CountingRules['event']; counted: CountedMetric }[]>();
  for (const { event, counted } of rules) {
    for (const each of counted) {
      const others = asking.get(each.metric);
      if (others) others.push({ event, counted: each });
      else asking.set(each.metric, [{ event, counted: each }]);
    }
  }

  const additions: Addition[] = [];
  for (const { accountId, metric, value, at, attributes } of items) {
    for (const { event, counted } of asking.get(metric) ?? []) {
      if (!happenedIn(event, at) || !hasAttributes(attributes, counted.where)) continue;
      const day = calendarOf(event.timeZone).dayOf(at);
      additions.push({ eventId: event.id, accountId, counterKey: counted.key, day, value });
    }
  }
  return additions;
}
export type CountingRules = Pick<Rules, 'event' | 'counted'>;

function hasAttributes(attributes: Countable['attributes'] = {}, where: Where = {}): boolean {
  return Object.entries(where).every(
    ([name, value]) => Object.hasOwn(attributes, name) && attributes[name] === value,
  );
}
