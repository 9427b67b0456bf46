import { MongoServerError } from 'mongodb';
import { DomainError } from 'service-kit/http';
import type { AccountStore } from '../../participation/accounts/account-store.ts';
import type { ActivityStore } from '../../participation/activity/activity-store.ts';
import { additionsOf } from '../../participation/activity/count-activity.ts';
import { calendarOf, type Day } from '../../catalog/calendar/calendar.ts';
import type { EventStore } from '../../catalog/events/event-store.ts';
import { ACCEPTED_KEY, SENT_ACCEPTED_KEY } from '../../participation/invites/decide-acceptances.ts';
import type { ProgressStore } from '../../participation/progress/progress-store.ts';
import { CHECK_IN_METRIC, counterKey, counterOf } from '../../catalog/conditions/counter.ts';
import type { StockStore } from '../../catalog/rewards/stock-store.ts';
import type { RuleReader } from '../../catalog/rules/rule-reader.ts';
import type { Rules } from '../../catalog/rules/rules.ts';
import { groupByAccount, type AccountHistory, type Deed } from './group-by-account.ts';
import {
  createForecaster,
  daysIn,
  type DaysOfAccount,
  type Forecast,
  type ForecastSpan,
} from './forecast.ts';

export interface Simulation extends Forecast {
  eventId: string;
  eventVersion: number;
}

export type SimulateEvent = (eventId: string, span: ForecastSpan) => Promise<Simulation>;

export interface SimulateEventDeps {
  ruleReader: Pick<RuleReader, 'of'>;
  events: Pick<EventStore, 'idsDuring'>;
  activity: Pick<ActivityStore, 'historyDuring'>;
  progress: Pick<ProgressStore, 'everyoneIn'>;
  accounts: Pick<AccountStore, 'standingOf'>;
  stock: Pick<StockStore, 'findAll'>;
  limits?: Partial<SimulationLimits>;
}

export interface SimulationLimits {
  /** Items of activity, and accounts' progress in other events, that are read. */
  deeds: number;
  /** Milliseconds. */
  timeMs: number;
}

/** Within the time that an answer may take. */
const LIMITS: SimulationLimits = { deeds: 1_000_000, timeMs: 8_000 };
const MOST_SOURCES = 50;
const ACCOUNTS_AT_A_TIME = 500;
/** The service's own counts are known by day alone, in the progress of the events in which they happened. */
const OWN_KEYS = new Set([counterKey(CHECK_IN_METRIC), ACCEPTED_KEY, SENT_ACCEPTED_KEY]);

/**
 * Says what an event would have given over a span of the past, out of what accounts really did, and stores nothing.
 *
 * @throws {DomainError} `not_found`; `simulation_too_large` where more happened than can be read in time
 */
export function simulateEvent(deps: SimulateEventDeps): SimulateEvent {
  const { ruleReader, accounts, stock } = deps;
  const limits = { ...LIMITS, ...deps.limits };
  return async (eventId, span) => {
    const known = (await ruleReader.of([eventId])).get(eventId);
    if (!known) throw new DomainError('not_found', 'There is no such event');
    const rules = during(known, span);
    const forecaster = createForecaster(rules, span);
    for await (const group of groupsOf(accountDays(rules, span, deps, limits))) {
      const standings = await accounts.standingOf(group.map(({ accountId }) => accountId));
      for (const { accountId, days } of group) forecaster.judge(days, standings.get(accountId));
    }
    const units = await stock.findAll(rules.rewards.map(({ reward }) => reward));
    return { eventId, eventVersion: rules.event.version, ...forecaster.result(units) };
  };
}

/** The rules as if the event had run then. */
function during({ event, ...rules }: Rules, { from, to }: ForecastSpan): Rules {
  const { endedAt: _, ...rest } = event;
  return { ...rules, event: { ...rest, startsAt: from, endsAt: to } };
}

interface AccountDays {
  accountId: string;
  days: DaysOfAccount;
}

async function* accountDays(
  rules: Rules,
  span: ForecastSpan,
  deps: SimulateEventDeps,
  limits: SimulationLimits,
): AsyncGenerator<AccountDays> {
  let account: AccountDays | undefined;
  const within = new Set(daysIn(span, calendarOf(rules.event.timeZone)));
  for await (const piece of groupByAccount(await sourcesOf(rules, span, deps, limits))) {
    if (account && account.accountId !== piece.accountId) {
      yield account;
      account = undefined;
    }
    account ??= { accountId: piece.accountId, days: new Map() };
    addPiece(account.days, piece, rules, within);
  }
  if (account) yield account;
}

function addPiece(
  days: DaysOfAccount,
  { items, counted }: AccountHistory,
  rules: Rules,
  within: ReadonlySet<Day>,
): void {
  const calendar = calendarOf(rules.event.timeZone);
  // An event without a condition: it is enough that an account was active.
  const isAnything = rules.counted.length === 0;
  for (const { at } of isAnything ? items : []) sumsOn(days, calendar.dayOf(at));
  for (const { counterKey: key, day, value } of additionsOf(items, [rules])) {
    const sums = sumsOn(days, day);
    sums.set(key, (sums.get(key) ?? 0) + value);
  }
  for (const { counterKey: key, day, value } of counted) {
    if (!within.has(day)) continue;
    // The same day may have been counted in several events; it was one check-in of the same person.
    const sums = sumsOn(days, day);
    sums.set(key, Math.max(sums.get(key) ?? 0, value));
  }
}

function sumsOn(days: DaysOfAccount, day: Day): Map<string, number> {
  const sums = days.get(day) ?? new Map<string, number>();
  days.set(day, sums);
  return sums;
}

/** Everything that the rules ask for, each source ordered by account, within the limits. */
async function sourcesOf(
  { counted }: Rules,
  span: ForecastSpan,
  { events, activity, progress }: SimulateEventDeps,
  { deeds, timeMs }: SimulationLimits,
): Promise<AsyncIterable<Deed>[]> {
  const isAnything = counted.length === 0;
  const ownKeys = [...OWN_KEYS].filter((key) => isAnything || counted.some((each) => each.key === key));
  const metrics = isAnything ? undefined : counted.map(({ metric }) => metric);
  const eventIds =
    ownKeys.length > 0 ? await events.idsDuring(['attendance', 'invite'], span, MOST_SOURCES + 1) : [];
  if (eventIds.length > MOST_SOURCES)
    throw tooLarge(`More than ${MOST_SOURCES} events counted check-ins or invites`);

  const deadline = performance.now() + timeMs;
  let read = 0;
  async function* limited(source: AsyncIterable<Deed[]>): AsyncGenerator<Deed> {
    try {
      for await (const some of source) {
        read += 1;
        if (read > deeds) throw tooLarge(`More than ${deeds} items are stored of this time`);
        if (performance.now() > deadline) throw tooLarge('It would take too long');
        yield* some;
      }
    } catch (error) {
      throw isTimeExpired(error) ? tooLarge('It would take too long') : error;
    }
  }

  return [
    limited(itemsIn(activity.historyDuring({ ...span, metrics }, timeMs))),
    ...eventIds.map((id) => limited(countedIn(progress.everyoneIn(id, timeMs), ownKeys))),
  ];
}

async function* itemsIn(history: ReturnType<ActivityStore['historyDuring']>): AsyncGenerator<Deed[]> {
  for await (const item of history) yield [{ accountId: item.accountId, item }];
}

async function* countedIn(
  everyone: ReturnType<ProgressStore['everyoneIn']>,
  keys: readonly string[],
): AsyncGenerator<Deed[]> {
  for await (const progress of everyone) {
    const { accountId } = progress;
    yield keys.flatMap((key) =>
      Object.entries(counterOf(progress, key).days).map(([day, value]) => ({
        accountId,
        counted: { counterKey: key, day, value },
      })),
    );
  }
}

async function* groupsOf(accounts: AsyncIterable<AccountDays>): AsyncGenerator<AccountDays[]> {
  let group: AccountDays[] = [];
  for await (const account of accounts) {
    group.push(account);
    if (group.length < ACCOUNTS_AT_A_TIME) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

const MAX_TIME_EXPIRED = 50;
const isTimeExpired = (error: unknown): boolean =>
  error instanceof MongoServerError && error.code === MAX_TIME_EXPIRED;

const tooLarge = (what: string): DomainError =>
  new DomainError('simulation_too_large', `${what}: choose a shorter time`);
