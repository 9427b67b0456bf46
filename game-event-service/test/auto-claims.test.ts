import type { Identity } from 'service-kit/identity';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { activityItem, report } from './support/activity.ts';
import { agree, startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, expectProblem, type Answer } from './support/caller.ts';
import { openGameServerLink } from './support/game-server-link.ts';
import { startService, type RunningService } from './support/running-service.ts';
import {
  activeEvent,
  changeStatus,
  claim,
  eventBody,
  makeEvent,
  makeReward,
  operator,
  readReward,
} from './support/scenario.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
const LEASE_MS = 30_000;
const eventually = { timeout: 20_000, interval: 50 };

let auth: AuthStandIn;
let one: RunningService;
let two: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService();
  two = await startService({ beside: one });
});
afterEach(() => {
  auth.decide = agree;
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const quests = { metric: 'quest.completed', op: '>=', value: 3 };
const questEvent = { kind: 'activity', autoClaim: true, condition: quests };
const checkIn = (eventId: string, as: Identity, at = one): Promise<Answer> =>
  at.call('POST', `/v1/events/${eventId}/check-in`, { as });

// What a majority has: a transaction that begins afterwards sees it as well.
const claimsOf = (eventId: string) =>
  one.db.collection('claims').find({ eventId }, { readConcern: 'majority' }).toArray();
const promptsOf = (eventId: string): Promise<number> =>
  one.db.collection('claimPrompts').countDocuments({ eventId });

/** Waits until all that was counted in the event has been looked at. */
async function settled(eventId: string): Promise<void> {
  await expect.poll(() => promptsOf(eventId), eventually).toBe(0);
}

describe('in an event that claims by itself', () => {
  it('activity over HTTP and from the queue makes the claim as soon as the condition holds, of every reward, once', async () => {
    const { event, reward } = await activeEvent(one.call, { event: questEvent });
    await makeReward(one.call, event.id, { asset: 'silver', condition: { ...quests, value: 5 } });
    await makeReward(one.call, event.id, { asset: 'never', condition: { ...quests, value: 1_000 } });
    const { userId } = account();
    await report(one.call, [activityItem(userId), activityItem(userId)]);
    await settled(event.id);
    expect(await claimsOf(event.id)).toEqual([]);

    await report(two.call, [activityItem(userId)]);
    await expect
      .poll(() => claimsOf(event.id), eventually)
      .toMatchObject([{ rewardId: reward.id, accountId: userId, status: 'granted', attempt: 1 }]);
    await using link = await openGameServerLink();
    await link.send([activityItem(userId), activityItem(userId), activityItem(userId)]);
    await expect.poll(() => claimsOf(event.id), eventually).toHaveLength(2);
    await Promise.all(
      [one, two].map((at) =>
        Promise.all(Array.from({ length: 10 }, () => report(at.call, [activityItem(userId)]))),
      ),
    );
    await settled(event.id);
    expect(await claimsOf(event.id)).toHaveLength(2);
    expect(await readReward(one.call, reward)).toMatchObject({ reserved: 0, granted: 1 });
  });

  it('a check-in makes the claim of its period, once in each, and the player finds it granted', async () => {
    const { event } = await activeEvent(one.call, { event: { autoClaim: true, repeat: 'daily' } });
    const player = account();
    await Promise.all([one, two].map((at) => checkIn(event.id, player, at)));
    await expect.poll(() => claimsOf(event.id), eventually).toMatchObject([{ status: 'granted' }]);
    expect((await claim(one.call, event.id, player)).status).toBe(200);

    for (const at of [one, two]) at.advance(DAY_MS);
    await checkIn(event.id, player);
    await expect.poll(() => claimsOf(event.id), eventually).toHaveLength(2);
    const found = await claimsOf(event.id);
    expect(new Set(found.map(({ period }) => String(period))).size).toBe(2);
  });

  it('an invite makes the claims of both sides', async () => {
    const { event } = await activeEvent(one.call, { event: { kind: 'invite', autoClaim: true } });
    const sides = [account(), account()] as const;
    for (const { userId } of sides) {
      const registeredAt = new Date().toISOString();
      const about = { accountId: userId, accountVersion: 1, username: 'ji-woo', guest: false, registeredAt };
      await auth.account('registered', about);
    }
    const known = () =>
      one.db
        .collection<{ _id: string }>('accounts')
        .countDocuments({ _id: { $in: sides.map((s) => s.userId) } });
    await expect.poll(known, eventually).toBe(2);
    const invite = await one.call('POST', '/v1/invites', { as: sides[0] });
    const { code } = invite.body as { code: string };
    expect((await one.call('POST', `/v1/invites/${code}/accept`, { as: sides[1] })).status).toBe(200);
    await expect.poll(() => claimsOf(event.id), eventually).toHaveLength(2);
    const accounts = (await claimsOf(event.id)).map(({ accountId }) => String(accountId));
    expect(accounts.toSorted()).toEqual(sides.map(({ userId }) => userId).toSorted());
  });

  it('what is refused for stock, a ban or a staff role ends quietly', async () => {
    const { event, reward } = await activeEvent(one.call, { event: questEvent, reward: { stock: 1 } });
    const [banned, staff] = [account().userId, account().userId];
    await auth.account('status-changed', { accountId: banned, accountVersion: 2, status: 'banned' });
    await auth.account('roles-changed', { accountId: staff, accountVersion: 2, roles: ['USER', 'OPERATOR'] });
    const heard = () =>
      one.db.collection<{ _id: string }>('accounts').countDocuments({ _id: { $in: [banned, staff] } });
    await expect.poll(heard, eventually).toBe(2);

    await report(
      one.call,
      [banned, staff].map((id) => activityItem(id, { value: 3 })),
    );
    await settled(event.id);
    expect(await claimsOf(event.id)).toEqual([]);
    const players = Array.from({ length: 8 }, () => activityItem(account().userId, { value: 3 }));
    await report(two.call, players);
    await settled(event.id);
    expect(await claimsOf(event.id)).toHaveLength(1);
    await expect
      .poll(() => readReward(one.call, reward), eventually)
      .toMatchObject({ available: 0, reserved: 0, granted: 1 });
  });

  it('what is counted while it is paused waits, and is claimed once it goes on', async () => {
    const { event } = await activeEvent(one.call, { event: questEvent });
    await changeStatus(one.call, event.id, 'inactive');
    const { userId } = account();
    await report(one.call, [activityItem(userId, { value: 3 })]);
    const prompts = one.db.collection('claimPrompts');
    await expect
      .poll(() => prompts.findOne({ eventId: event.id }), eventually)
      .toMatchObject({ takenBy: expect.any(String) });
    expect(await claimsOf(event.id)).toEqual([]);
    await changeStatus(one.call, event.id, 'active');
    for (const at of [one, two]) at.advance(LEASE_MS);
    await expect.poll(() => claimsOf(event.id), eventually).toHaveLength(1);
    await settled(event.id);
  });
});

it('an event of activity whose condition asks for none cannot claim by itself: it is refused at creation and at a change', async () => {
  const pathsOf = (answer: Answer): string[] => {
    expectProblem(answer, 400, 'invalid_request');
    return (answer.body as { errors: { path: string }[] }).errors.map(({ path }) => path);
  };
  const make = (more: object) =>
    one.call('POST', '/v1/events', {
      as: operator,
      body: eventBody({ kind: 'activity', autoClaim: true, ...more }),
    });
  expect(pathsOf(await make({}))).toEqual(['autoClaim']);
  const old = { account: 'ageDays', op: '>=', value: 7 };
  expect(pathsOf(await make({ condition: old, name: '' }))).toEqual(['name', 'autoClaim']);
  expect((await make({ condition: { all: [old, quests] } })).status).toBe(201);

  const { id } = await makeEvent(one.call, { kind: 'activity', condition: old });
  const patch = (body: object) =>
    one.call('PATCH', `/v1/events/${id}`, { as: operator, body, headers: { 'if-match': '*' } });
  expect(pathsOf(await patch({ autoClaim: true }))).toEqual(['autoClaim']);
  expect((await patch({ autoClaim: true, condition: quests })).status).toBe(200);
});
