import fc from 'fast-check';
import { DateTime } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createEventStore } from '../src/catalog/events/event-store.ts';
import { createRewardStore } from '../src/catalog/rewards/reward-store.ts';
import { createStockStore } from '../src/catalog/rewards/stock-store.ts';
import { createRuleReader } from '../src/catalog/rules/rule-reader.ts';
import { createRuleCache } from '../src/catalog/rules/rule-cache.ts';
import { createAccountStore } from '../src/participation/accounts/account-store.ts';
import { createActivityStore } from '../src/participation/activity/activity-store.ts';
import { createProgressStore } from '../src/participation/progress/progress-store.ts';
import { simulateEvent } from '../src/reporting/simulation/simulate-event.ts';
import { activityItem, report } from './support/activity.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, inHours, makeEvent, makeReward, operator } from './support/scenario.ts';

const Simulation = z.strictObject({
  eventId: z.string(),
  eventVersion: z.int(),
  participants: z.int(),
  claimants: z.int(),
  days: z.array(
    z.object({
      day: z.string(),
      participants: z.int(),
      claimants: z.int(),
      rewards: z.array(
        z.object({ rewardId: z.string(), wanted: z.int(), granted: z.int(), left: z.int().nullable() }),
      ),
    }),
  ),
});

const ZONE = 'America/New_York';
const DAYS = 6;
// Whole days of the zone that are past, and young enough to be reported.
const first = DateTime.now().setZone(ZONE).startOf('day').minus({ days: DAYS });
const span = { from: first.toUTC().toISO() ?? '', to: first.plus({ days: DAYS }).toUTC().toISO() ?? '' };

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

async function simulate(eventId: string, body: object = span) {
  const answer = await service.call('POST', `/v1/events/${eventId}/simulate`, { as: operator, body });
  return bodyOf(answer, 200, Simulation);
}

interface Quest {
  player: number;
  at: Date;
  value: number;
}

/** The rules of a forecast once more, as plainly as they can be written: `least` quests of a day, or of all days. */
function replay(quests: Quest[], rule: { least: number; daily: boolean; stock: number; repeat: boolean }) {
  const dayOf = (at: Date): string => DateTime.fromJSDate(at, { zone: ZONE }).toISODate() ?? '';
  const days = Array.from({ length: DAYS }, (_, index) => first.plus({ days: index }).toISODate() ?? '');
  const players = [...new Set(quests.map(({ player }) => player))];
  const claimed = new Set<string>();
  const everClaimed = new Set<number>();
  let left = rule.stock;
  const forecast = days.map((day) => {
    const present = players.filter((player) =>
      quests.some((quest) => quest.player === player && dayOf(quest.at) === day),
    );
    let wanted = 0;
    for (const player of present) {
      const sum = quests
        .filter((quest) => quest.player === player)
        .filter(({ at }) => (rule.daily ? dayOf(at) === day : dayOf(at) <= day))
        .reduce((total, { value }) => total + value, 0);
      const period = rule.repeat ? `${player} ${day}` : String(player);
      if (sum < rule.least || claimed.has(period)) continue;
      claimed.add(period);
      everClaimed.add(player);
      wanted += 1;
    }
    const granted = Math.min(wanted, left);
    left -= granted;
    return { day, participants: present.length, claimants: wanted, rewards: [{ wanted, granted, left }] };
  });
  return { participants: players.length, claimants: everClaimed.size, days: forecast };
}

describe('POST /v1/events/{eventId}/simulate', () => {
  it('forecasts what a plain replay of the stored activity gives, and stores nothing', async () => {
    const [quests] = fc.sample(
      fc.array(
        fc.record({
          player: fc.nat(40),
          at: fc
            .integer({ min: Date.parse(span.from), max: Date.parse(span.to) - 1 })
            .map((ms) => new Date(ms)),
          value: fc.integer({ min: 1, max: 3 }),
        }),
        { minLength: 200, maxLength: 200 },
      ),
      1,
    );
    if (!quests) throw new Error('there is no history');
    const item = ({ player, at, value }: Quest) =>
      activityItem(`acc_player_${player}`, { metric: 'sim.quest', at: at.toISOString(), value });
    await report(service.call, quests.map(item));
    // Neither in the span nor asked for.
    const before = new Date(Date.parse(span.from) - 1);
    await report(service.call, [item({ player: 1, at: before, value: 9 })]);
    await report(service.call, [activityItem('acc_player_1', { metric: 'sim.other' })]);

    for (const daily of [true, false]) {
      const condition = { metric: 'sim.quest', op: '>=', value: 4, over: daily ? 'day' : 'event' };
      const repeat = daily ? 'daily' : 'once';
      const draft = await makeEvent(service.call, { kind: 'activity', timeZone: ZONE, repeat, condition });
      const { id } = await makeReward(service.call, draft.id, { stock: 12 });
      const stored = async () => {
        const names = ['events', 'progress', 'claims', 'rewardStock', 'claimCaps', 'eventStats', 'activity'];
        return Promise.all(names.map((name) => service.db.collection(name).find().toArray()));
      };
      const untouched = await stored();
      const expected = replay(quests, { least: 4, daily, stock: 12, repeat: daily });
      expect(await simulate(draft.id)).toEqual({
        eventId: draft.id,
        eventVersion: 1,
        ...expected,
        days: expected.days.map((day) => ({
          ...day,
          rewards: day.rewards.map((each) => ({ rewardId: id, ...each })),
        })),
      });
      expect(expected.claimants).toBeGreaterThan(0);
      expect(await stored()).toEqual(untouched);
    }
  });

  it('knows who checked in, in whatever event that was', async () => {
    const players = [account(), account(), account()];
    const { event } = await activeEvent(service.call, { event: { timeZone: ZONE, startsAt: inHours(-72) } });
    const { event: another } = await activeEvent(service.call, { event: { timeZone: ZONE } });
    for (const as of players) await service.call('POST', `/v1/events/${event.id}/check-in`, { as });
    await service.call('POST', `/v1/events/${another.id}/check-in`, { as: players[0] ?? account() });
    const condition = { metric: 'attendance.check-in', op: '==', value: 1 };
    const draft = await makeEvent(service.call, { timeZone: ZONE, condition });
    await makeReward(service.call, draft.id);
    const now = DateTime.now().setZone(ZONE);
    const today = { from: now.startOf('day').toISO(), to: now.endOf('day').toISO() };
    expect(await simulate(draft.id, today)).toMatchObject({ participants: 3, claimants: 3 });
    expect(await simulate(draft.id)).toMatchObject({ participants: 0, claimants: 0 });
  });

  it('counts whoever was there where nothing is asked for', async () => {
    const draft = await makeEvent(service.call, { timeZone: ZONE });
    await makeReward(service.call, draft.id);
    const at = first.plus({ hours: 12 }).toUTC().toISO();
    await report(service.call, [activityItem('acc_anybody', { metric: 'sim.anything', at })]);
    const { days } = await simulate(draft.id);
    expect(days[0]?.claimants).toBeGreaterThan(0);
  });

  it('refuses what would be too much to read, instead of taking for ever', async () => {
    const { db } = service;
    const events = createEventStore(db);
    const rewards = createRewardStore(db);
    const cache = createRuleCache({ events, rewards, clock: () => new Date() });
    const stores = {
      events,
      ruleReader: createRuleReader({ events, rewards, cache, isFresh: () => false }),
      activity: createActivityStore(db),
      progress: createProgressStore(db),
      accounts: createAccountStore(db),
      stock: createStockStore(db),
    };
    const draft = await makeEvent(service.call, { timeZone: ZONE });
    await report(service.call, [activityItem('acc_1'), activityItem('acc_1')]);
    const whole = { from: new Date(span.from), to: new Date() };
    for (const limits of [{ deeds: 1 }, { timeMs: 0 }]) {
      const simulated = simulateEvent({ ...stores, limits })(draft.id, whole);
      await expect(simulated).rejects.toMatchObject({ code: 'simulation_too_large' });
    }
  });

  it('is for operators, about an event that is there and a time of at most a year', async () => {
    const { id } = await makeEvent(service.call);
    const path = `/v1/events/${id}/simulate`;
    expectProblem(await service.call('POST', path, { body: span }), 401, 'unauthenticated');
    for (const as of [account(), account(['AUDITOR']), client(['activity:write'])])
      expectProblem(await service.call('POST', path, { as, body: span }), 403, 'forbidden');
    for (const body of [
      {},
      { ...span, more: 1 },
      { ...span, to: '' },
      { from: span.to, to: span.from },
      { from: '2024-01-01T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    ])
      expectProblem(await service.call('POST', path, { as: operator, body }), 400, 'invalid_request');
    const none = '/v1/events/evt_none/simulate';
    expectProblem(await service.call('POST', none, { as: operator, body: span }), 404, 'not_found');
  });
});
