import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activityItem, report } from './support/activity.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, auditor, claim, makeEvent, makeReward, operator } from './support/scenario.ts';

const Stats = z.strictObject({
  eventId: z.string(),
  participants: z.int(),
  eligible: z.int(),
  claims: z.record(z.string(), z.int()),
  stock: z.array(z.looseObject({ rewardId: z.string(), reserved: z.int(), granted: z.int() })),
});

let one: RunningService;
let two: RunningService;
let auth: AuthStandIn;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService();
  two = await startService({ beside: one });
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const statsOf = async (eventId: string) =>
  bodyOf(await one.call('GET', `/v1/events/${eventId}/stats`, { as: auditor }), 200, Stats);

/** Out of what is stored of each account and claim, one by one. */
async function recount(eventId: string, eligibleAt: number) {
  const counters = await one.db
    .collection<{ counters: Record<string, { total: number }> }>('progress')
    .find({ eventId })
    .toArray();
  const claims: Record<string, number> = {};
  for (const { status } of await one.db.collection<{ status: string }>('claims').find({ eventId }).toArray())
    claims[status] = (claims[status] ?? 0) + 1;
  const done = counters.map((each) => each.counters['quest%2ecompleted']?.total ?? 0);
  return { participants: counters.length, eligible: done.filter((sum) => sum >= eligibleAt).length, claims };
}

describe('GET /v1/events/{eventId}/stats', () => {
  it('is what a recount gives, after things have happened in any order at two instances', async () => {
    const condition = { metric: 'quest.completed', op: '>=', value: 3 };
    const { event, reward } = await activeEvent(one.call, {
      event: { kind: 'activity', condition },
      reward: { stock: 10 },
    });
    const second = await makeReward(one.call, event.id, { name: 'Silver', asset: 'silver' });
    const players = Array.from({ length: 30 }, () => account());
    auth.decide = ({ data }) => {
      const luck = players.findIndex(({ userId }) => userId === data.accountId) % 5;
      return luck === 0 ? 'account_unknown' : luck === 1 ? undefined : 'granted';
    };
    const pick = <Thing>(things: readonly Thing[]): Thing => {
      const thing = things[Math.floor(Math.random() * things.length)];
      if (thing === undefined) throw new Error('there is nothing to pick from');
      return thing;
    };
    const deed = async (): Promise<unknown> => {
      const { call } = pick([one, two]);
      const player = pick(players);
      if (Math.random() < 0.4)
        return claim(call, event.id, player, { rewardId: pick([reward, second]).id, prefer: 'wait=0' });
      const items = Array.from({ length: 3 }, () => activityItem(pick(players).userId));
      return report(call, items);
    };
    for (let round = 0; round < 12; round += 1) await Promise.all(Array.from({ length: 10 }, deed));

    // Claims without an answer stay without one; all others are answered.
    const expected = async () => {
      const { stock, ...figures } = await statsOf(event.id);
      const { claims, ...others } = await recount(event.id, 3);
      expect(figures).toEqual({
        eventId: event.id,
        ...others,
        claims: { ...Object.fromEntries(Object.keys(figures.claims).map((state) => [state, 0])), ...claims },
      });
      expect(stock.reduce((sum, { reserved, granted }) => sum + reserved + granted, 0)).toBe(
        (figures.claims['pending'] ?? 0) + (figures.claims['granted'] ?? 0),
      );
      expect(claims['granted']).toBeGreaterThan(0);
      expect(claims['rejected']).toBeGreaterThan(0);
    };
    await expect.poll(() => expected().then(() => 'equal', String), { timeout: 20_000 }).toBe('equal');
  });

  it('counts who claims without having done anything, as taking part and eligible, once', async () => {
    auth.decide = () => 'granted';
    const { event, reward } = await activeEvent(one.call);
    const other = await makeReward(one.call, event.id, { name: 'Silver', asset: 'silver' });
    const [player, also] = [account(), account()];
    await claim(one.call, event.id, player, { rewardId: reward.id });
    await claim(two.call, event.id, player, { rewardId: other.id });
    await claim(two.call, event.id, also, { rewardId: reward.id });
    await one.call('POST', `/v1/events/${event.id}/check-in`, { as: player });
    await one.call('POST', `/v1/events/${event.id}/check-in`, { as: account() });
    const figures = { participants: 3, eligible: 3 };
    const claims = { pending: 0, granted: 3, rejected: 0 };
    await expect.poll(() => statsOf(event.id)).toMatchObject({ ...figures, claims });
  });

  it('counts who meets a condition that asks about the account when they do something', async () => {
    const condition = {
      all: [
        { account: 'guest', op: '==', value: false },
        { streak: 'attendance.check-in', length: 1 },
      ],
    };
    const { event } = await activeEvent(one.call, { event: { condition } });
    const [guest, other] = [account(), account()];
    const registered = {
      accountVersion: 1,
      username: null,
      guest: true,
      registeredAt: new Date().toISOString(),
    };
    await auth.account('registered', { ...registered, accountId: guest.userId });
    await expect
      .poll(() => one.db.collection<{ _id: string }>('accounts').findOne({ _id: guest.userId }), {
        timeout: 10_000,
      })
      .not.toBeNull();
    for (const as of [guest, other]) await one.call('POST', `/v1/events/${event.id}/check-in`, { as });
    expect(await statsOf(event.id)).toMatchObject({ participants: 2, eligible: 1 });
  });

  it('is nothing at first, for an event that is there, and for staff alone', async () => {
    const { id } = await makeEvent(one.call);
    const { id: rewardId } = await makeReward(one.call, id, { stock: 5 });
    expect(await statsOf(id)).toMatchObject({
      participants: 0,
      eligible: 0,
      claims: { pending: 0, granted: 0, rejected: 0 },
      stock: [{ rewardId, stock: 5, available: 5, reserved: 0, granted: 0 }],
    });
    const path = `/v1/events/${id}/stats`;
    expect((await one.call('GET', path, { as: operator })).status).toBe(200);
    expectProblem(await one.call('GET', path), 401, 'unauthenticated');
    for (const as of [account(), client(['claims:read'])])
      expectProblem(await one.call('GET', path, { as }), 403, 'forbidden');
    expectProblem(await one.call('GET', '/v1/events/evt_none/stats', { as: operator }), 404, 'not_found');
  });
});
