import { DomainError } from 'service-kit/http';
import { factsOf } from '../../catalog/rules/decision-context.ts';
import type { Day } from '../../catalog/calendar/calendar.ts';
import type { Explanation, Facts } from '../../catalog/conditions/compiled-condition.ts';
import type { EventRules } from '../../catalog/events/event.ts';
import type { Rules } from '../../catalog/rules/rules.ts';
import type { Clock } from 'service-kit/service';
import { counterOf, sumWithin, type Where } from '../../catalog/conditions/counter.ts';
import type { ProgressStore } from './progress-store.ts';
import { progressIdOf } from './progress.ts';
import { readContext, type ReadContextDeps } from './read-context.ts';

/** What one metric stands at. */
export interface MetricProgress {
  metric: string;
  where?: Where;
  /** Over the whole event, in the period, and on the day that a claim would be judged by now. */
  event: number;
  period: number;
  day: number;
}

export interface EventProgress {
  eventId: string;
  period: string;
  day: Day;
  /** Of every metric that the event's condition or those of its rewards ask for. */
  metrics: MetricProgress[];
  /** The event's condition; null where it has none. */
  conditions: Explanation | null;
}

export interface ProgressRequest {
  eventId: string;
  accountId: string;
  /** Whether the caller may know of this event. */
  isVisible: (event: EventRules) => boolean;
}

export type ReadProgress = (request: ProgressRequest) => Promise<EventProgress>;

/** Says how far an account has come in an event. */
export function readProgress(
  deps: ReadContextDeps & { progress: Pick<ProgressStore, 'findAll'>; clock: Clock },
): ReadProgress {
  const { progress, clock } = deps;
  const read = readContext(deps);
  return async ({ isVisible, ...request }) => {
    const { eventId, accountId } = request;
    const context = await read([request], clock());
    const rules = context.rules.get(eventId);
    if (!rules || !isVisible(rules.event)) throw new DomainError('not_found', 'There is no such event');

    const progressId = progressIdOf(eventId, accountId);
    const known = await progress.findAll([progressId]);
    return progressIn(rules, {
      ...factsOf(rules.event, accountId, context),
      progress: known.get(progressId),
    });
  };
}

/** How far the account has come whose facts these are. */
export function progressIn(rules: Rules, facts: Facts): EventProgress {
  const { period, today, progress } = facts;
  return {
    eventId: rules.event.id,
    period: period.key,
    day: today,
    metrics: rules.counted.map(({ metric, where, key }) => {
      const counter = counterOf(progress, key);
      return {
        metric,
        ...(where && { where }),
        event: counter.total,
        period: sumWithin(counter, period),
        day: sumWithin(counter, { first: today, last: today }),
      };
    }),
    conditions: rules.condition?.explain(facts) ?? null,
  };
}
