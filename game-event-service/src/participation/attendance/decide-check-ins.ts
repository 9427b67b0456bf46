import { accountFacts, type AccountStanding } from '../../catalog/conditions/account-facts.ts';
import { calendarOf, type Calendar, type Day } from '../../catalog/calendar/calendar.ts';
import { leavesOf, type Condition } from '../../catalog/conditions/condition.ts';
import { isActiveAt, type EventRules } from '../../catalog/events/event.ts';
import type { Addition } from '../progress/progress-store.ts';
import { CHECK_IN_METRIC, counterKey, counterOf, type Counter } from '../../catalog/conditions/counter.ts';
import { progressIdOf, type Progress } from '../progress/progress.ts';
import { longestStreak } from '../../catalog/conditions/streak.ts';
import type { Rules } from '../../catalog/rules/rules.ts';
import { refuse, type Refusal } from '../../http/refusal.ts';

const CHECK_IN_KEY = counterKey(CHECK_IN_METRIC);

export interface CheckInRequest {
  eventId: string;
  accountId: string;
}

export interface CheckInResult {
  day: Day;
  /** False where this day had been counted before. */
  counted: boolean;
  /** Days in a row up to this one, forgiving what the event's condition forgives. */
  streak: number;
}

export interface CheckInWorld {
  now: Date;
  rules: ReadonlyMap<string, Pick<Rules, 'event'>>;
  accounts: ReadonlyMap<string, AccountStanding>;
  /** By {@link progressIdOf}. */
  progress: ReadonlyMap<string, Progress>;
}

/** Decides check-ins that arrived together, in their order; what they add is in `additions`. */
export function decideCheckIns(
  requests: readonly CheckInRequest[],
  world: CheckInWorld,
): { results: (CheckInResult | Refusal)[]; additions: Addition[] } {
  const additions: Addition[] = [];
  const counters = new Map<string, Counter>();
  const results = requests.map((request) => {
    const event = world.rules.get(request.eventId)?.event;
    if (!event) return refuse('not_found', 'There is no such event');
    return refusalOf(event, world.accounts.get(request.accountId), world.now) ?? checkIn(request, event);
  });
  return { results, additions };

  function checkIn({ eventId, accountId }: CheckInRequest, event: EventRules): CheckInResult {
    const id = progressIdOf(eventId, accountId);
    const calendar = calendarOf(event.timeZone);
    const day = calendar.dayOf(world.now);
    const before = counters.get(id) ?? counterOf(world.progress.get(id), CHECK_IN_KEY);
    const counted = before.days[day] === undefined;
    const counter = counted ? { total: before.total + 1, days: { ...before.days, [day]: 1 } } : before;
    if (counted) {
      additions.push({ eventId, accountId, counterKey: CHECK_IN_KEY, day, value: 1 });
      counters.set(id, counter);
    }
    return { day, counted, streak: streakUpTo(day, counter, event.condition, calendar) };
  }
}

function refusalOf(event: EventRules, account: AccountStanding | undefined, now: Date): Refusal | undefined {
  if (accountFacts(account, now).status !== 'active')
    return refuse('account_banned', 'A banned account cannot check in');
  if (event.kind !== 'attendance')
    return refuse('not_an_attendance_event', `The event is of the kind ${event.kind}`);
  if (!isActiveAt(event, now))
    return refuse('event_not_active', 'Check-ins are taken while the event is active');
  return undefined;
}

function streakUpTo(
  day: Day,
  counter: Counter,
  condition: Condition | undefined,
  calendar: Calendar,
): number {
  const leaves = condition ? leavesOf(condition) : [];
  const graces = leaves.map((leaf) => ('streak' in leaf && leaf.streak === CHECK_IN_METRIC ? leaf.grace : 0));
  return longestStreak(counter, Math.max(0, ...graces), { first: day, last: day }, calendar);
}
