import { accountFacts, type AccountStanding } from '../../catalog/conditions/account-facts.ts';
import { calendarOf, type Calendar, type Day } from '../../catalog/calendar/calendar.ts';
import type { Facts } from '../../catalog/conditions/compiled-condition.ts';
import { countUp, type Counts } from '../../database/counts.ts';
import type { Stock } from '../../catalog/rewards/stock.ts';
import type { Rules } from '../../catalog/rules/rules.ts';

/** The activity of one account on each day, by counter. A day without activity holds none. */
export type DaysOfAccount = Map<Day, Map<string, number>>;

export interface RewardDay {
  rewardId: string;
  /** Claims that would be made. */
  wanted: number;
  /** Those of them for which there would be stock. */
  granted: number;
  /** The units that would be left in the evening; null is unlimited. */
  left: number | null;
}

export interface ForecastDay {
  day: Day;
  /** Accounts that did something on this day. */
  participants: number;
  /** Those of them that would claim. */
  claimants: number;
  rewards: RewardDay[];
}

export interface Forecast {
  participants: number;
  claimants: number;
  days: ForecastDay[];
}

export interface ForecastSpan {
  from: Date;
  to: Date;
}

/** Collects what accounts would claim, account by account; what it holds grows with days and rewards alone. */
export interface Forecaster {
  judge(days: DaysOfAccount, account: AccountStanding | undefined): void;
  result(stock: ReadonlyMap<string, Stock>): Forecast;
}

/**
 * Forecasts an event as if it had run over a span of time. It assumes that each account claims everything it may in the
 * evening of every day on which it was active. Stock and the cap of a day go in the order of the days. An account that
 * found none does not try again.
 */
export function createForecaster({ event, rewards }: Rules, span: ForecastSpan): Forecaster {
  const calendar = calendarOf(event.timeZone);
  const participantsOn: Counts = new Map();
  const claimantsOn: Counts = new Map();
  const wantedOn = new Map<Day, Counts>();
  let participants = 0;
  let claimants = 0;

  /** @returns ids of the rewards that it would claim, each as often as it would */
  function claimsOf(days: DaysOfAccount, account: AccountStanding | undefined): [Day, string][] {
    const claims: [Day, string][] = [];
    const claimed = new Set<string>();
    const times: Counts = new Map();
    for (const facts of evenings(days, account, { calendar, event, span })) {
      if (facts.account.status !== 'active') continue;
      for (const { reward, condition } of rewards) {
        const key = `${reward.id} ${facts.period.key}`;
        const most = event.repeat === 'once' ? 1 : (reward.perAccount ?? Infinity);
        if (!reward.active || claimed.has(key) || (times.get(reward.id) ?? 0) >= most) continue;
        if (condition && !condition.isMet(facts)) continue;
        claimed.add(key);
        countUp(times, reward.id);
        claims.push([facts.today, reward.id]);
      }
    }
    return claims;
  }

  return {
    judge: (days, account) => {
      if (days.size === 0) return;
      participants += 1;
      for (const day of days.keys()) countUp(participantsOn, day);
      const claims = claimsOf(days, account);
      if (claims.length > 0) claimants += 1;
      for (const day of new Set(claims.map(([day]) => day))) countUp(claimantsOn, day);
      for (const [day, rewardId] of claims) {
        const wanted: Counts = wantedOn.get(day) ?? new Map();
        countUp(wanted, rewardId);
        wantedOn.set(day, wanted);
      }
    },
    result: (stock) => {
      const left = new Map(rewards.map(({ reward }) => [reward.id, unitsLeft(stock.get(reward.id))]));
      const days = daysIn(span, calendar).map((day) => ({
        day,
        participants: participantsOn.get(day) ?? 0,
        claimants: claimantsOn.get(day) ?? 0,
        rewards: rewards.map(({ reward }) => {
          const wanted = wantedOn.get(day)?.get(reward.id) ?? 0;
          const before = left.get(reward.id) ?? 0;
          const granted = Math.min(wanted, before, reward.perPeriod?.day ?? Infinity);
          const after = before - granted;
          left.set(reward.id, after);
          return { rewardId: reward.id, wanted, granted, left: Number.isFinite(after) ? after : null };
        }),
      }));
      return { participants, claimants, days };
    },
  };
}

/** What the account is judged by on each of its days, in their order. */
function* evenings(
  days: DaysOfAccount,
  account: AccountStanding | undefined,
  { calendar, event, span }: { calendar: Calendar; event: Rules['event']; span: ForecastSpan },
): Generator<Facts> {
  const counters: Record<string, { total: number; days: Record<Day, number> }> = {};
  for (const [day, sums] of [...days].toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    for (const [key, sum] of sums) {
      const counter = (counters[key] ??= { total: 0, days: {} });
      counter.total += sum;
      counter.days[day] = sum;
    }
    const evening = Math.min(calendar.startOf(calendar.nextDay(day)).getTime(), span.to.getTime()) - 1;
    yield {
      calendar,
      today: day,
      period: calendar.periodOf(event.repeat, calendar.startOf(day)),
      progress: { counters },
      account: accountFacts(account, new Date(evening)),
    };
  }
}

function unitsLeft(stock: Stock | undefined): number {
  if (!stock) return 0;
  return stock.total === null ? Infinity : stock.total - stock.taken;
}

export function daysIn({ from, to }: ForecastSpan, calendar: Calendar): Day[] {
  const last = calendar.dayOf(new Date(to.getTime() - 1));
  const days: Day[] = [];
  for (let day = calendar.dayOf(from); day <= last; day = calendar.nextDay(day)) days.push(day);
  return days;
}
