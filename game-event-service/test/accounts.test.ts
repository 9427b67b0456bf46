import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, expectProblem } from './support/caller.ts';
import { needed } from './support/environment.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, claim, readReward } from './support/scenario.ts';

let auth: AuthStandIn;
let service: RunningService;
const redis = createClient({ url: needed('REDIS_URL') });
beforeAll(async () => {
  auth = await startAuthStandIn();
  service = await startService();
  await redis.connect();
});
afterEach(() => {
  auth.decide = () => 'granted';
});
afterAll(async () => {
  await redis.close();
  await service[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const HOUR_MS = 60 * 60 * 1_000;
/** As a transaction that begins now sees it; a local read may be ahead of that. */
const stored = (id: string) =>
  service.db
    .collection<{ _id: string }>('accounts')
    .findOne({ _id: id }, { readConcern: { level: 'majority' } });
const registeredAt = new Date(Date.now() - 40 * 24 * 60 * 60 * 1_000).toISOString();
const registered = (accountId: string, more: object = {}) =>
  auth.account('registered', {
    accountId,
    accountVersion: 1,
    username: 'min-jun',
    guest: false,
    registeredAt,
    ...more,
  });
const status = (accountId: string, accountVersion: number, more: object) =>
  auth.account('status-changed', { accountId, accountVersion, ...more });

it('a registered account is stored in MongoDB and in Redis', async () => {
  const { userId } = account();
  await registered(userId, { username: null, guest: true });
  const expected = { username: null, guest: true, status: 'active' };
  await expect
    .poll(() => stored(userId))
    .toMatchObject({ ...expected, registeredAt: new Date(registeredAt) });
  await expect.poll(() => redis.get(`account:${userId}`)).toEqual(expect.any(String));
  const copy: unknown = JSON.parse((await redis.get(`account:${userId}`)) ?? '');
  expect(copy).toMatchObject({ id: userId, ...expected, registeredAt });
});

it('news about an account apply in any order, and only where they are newer', async () => {
  const { userId } = account();
  await auth.account('roles-changed', { accountId: userId, accountVersion: 5, roles: ['USER', 'OPERATOR'] });
  await status(userId, 4, { status: 'banned', reason: 'speed hack' });
  await status(userId, 2, { status: 'active' });
  await registered(userId);
  await expect
    .poll(() => stored(userId))
    .toMatchObject({
      username: 'min-jun',
      status: 'banned',
      statusVersion: 4,
      roles: ['USER', 'OPERATOR'],
      rolesVersion: 5,
    });
});

it('an upgraded guest is no guest any more, also when that is heard before its registration', async () => {
  const { userId } = account();
  await auth.account('upgraded', { accountId: userId, accountVersion: 2, username: 'ha-eun' });
  await registered(userId, { username: 'guest-7kq2m4xw9dpe', guest: true });
  await expect
    .poll(() => stored(userId))
    .toMatchObject({ username: 'ha-eun', guest: false, registeredAt: new Date(registeredAt) });
});

it('of an erased account the name goes, in MongoDB and in Redis', async () => {
  const { userId } = account();
  await registered(userId);
  await status(userId, 2, { status: 'deleted' });
  await status(userId, 3, { status: 'deleted', erased: true });
  await expect.poll(() => stored(userId)).toMatchObject({ username: null, status: 'deleted' });
  await expect
    .poll(async () => JSON.parse((await redis.get(`account:${userId}`)) ?? '{}'))
    .toMatchObject({ username: null, statusVersion: 3 });
});

it('a banned or deleted account can neither claim nor check in, and a lifted ban is forgotten', async () => {
  const { event } = await activeEvent(service.call);
  for (const barred of ['banned', 'deleted']) {
    const player = account();
    await registered(player.userId);
    await status(player.userId, 2, { status: barred });
    await expect.poll(() => stored(player.userId)).toMatchObject({ status: barred });
    expectProblem(await claim(service.call, event.id, player), 403, 'account_banned');
    const checkIn = await service.call('POST', `/v1/events/${event.id}/check-in`, { as: player });
    expectProblem(checkIn, 403, 'account_banned');
    await status(player.userId, 3, { status: 'active' });
    await expect.poll(() => stored(player.userId)).toMatchObject({ status: 'active' });
    expect((await claim(service.call, event.id, player)).status).toBe(201);
  }
});

it('a ban asks for the cancellation of what the account has pending, and leaves what was granted', async () => {
  const player = account();
  const before = await activeEvent(service.call);
  const granted = bodyOf(await claim(service.call, before.event.id, player), 201, ClaimResponse);
  auth.decide = ({ type }) => (type === 'laurel.reward.cancelled.v1' ? 'cancelled' : undefined);
  const { event } = await activeEvent(service.call);
  const pending = bodyOf(
    await claim(service.call, event.id, player, { prefer: 'wait=0' }),
    202,
    ClaimResponse,
  );
  await status(player.userId, 2, { status: 'banned' });
  await expect
    .poll(() => service.call('GET', `/v1/claims/${pending.id}`, { as: player }))
    .toMatchObject({ body: { status: 'rejected', reason: 'cancelled' } });
  expect(auth.received.filter(({ type }) => type === 'laurel.reward.cancelled.v1')).toMatchObject([
    { data: { claimId: pending.id, accountId: player.userId, reason: 'account_banned' } },
  ]);
  expect(await service.call('GET', `/v1/claims/${granted.id}`, { as: player })).toMatchObject({
    body: { status: 'granted' },
  });
});

it('a ban asks for no more cancellations at once than fit into a transaction, those of the newest claims', async () => {
  const { userId } = account();
  auth.decide = () => undefined;
  const later = new Date(Date.now() + HOUR_MS);
  const waiting = { deadline: later, cancelAt: later, lookAt: later };
  const pending = Array.from({ length: 1_100 }, (_, index) => ({
    _id: `clm_${userId}_${String(index)}`,
    accountId: userId,
    eventId: 'evt_1',
    eventVersion: 1,
    rewardId: 'rwd_1',
    period: 'all',
    status: 'pending',
    attempt: 1,
    grantId: `grt_${userId}_${String(index)}`,
    caps: [],
    waiting,
    reward: { kind: 'currency', asset: 'gold', quantity: 1 },
    createdAt: new Date(Date.now() - index * 1_000),
  }));
  await service.db.collection<{ _id: string }>('claims').insertMany(pending);
  const cancelled = () =>
    auth.received.flatMap(({ type, data }) =>
      type === 'laurel.reward.cancelled.v1' && data['accountId'] === userId ? [data['claimId']] : [],
    );

  await status(userId, 2, { status: 'banned' });

  await expect.poll(() => cancelled().length, { timeout: 20_000 }).toBe(1_000);
  const newest = pending.slice(0, 1_000).map(({ _id }) => _id);
  expect(new Set(cancelled())).toEqual(new Set(newest));
  await service.db.collection('claims').deleteMany({ accountId: userId });
});

it('what a ban or a deletion has cancelled can be claimed again once it is undone, and is granted then', async () => {
  for (const [barred, reason] of [
    ['banned', 'account_banned'],
    ['deleted', 'account_deleted'],
  ] as const) {
    const player = account();
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
    auth.decide = ({ type }) => (type === 'laurel.reward.cancelled.v1' ? 'cancelled' : undefined);
    const pending = bodyOf(
      await claim(service.call, event.id, player, { prefer: 'wait=0' }),
      202,
      ClaimResponse,
    );
    await status(player.userId, 2, { status: barred });
    await expect
      .poll(() => service.call('GET', `/v1/claims/${pending.id}`, { as: player }))
      .toMatchObject({ body: { status: 'rejected' } });
    const asked = auth.received.filter(({ data }) => data.claimId === pending.id);
    expect(asked.at(-1)).toMatchObject({ data: { reason } });
    expectProblem(await claim(service.call, event.id, player), 403, 'account_banned');
    await status(player.userId, 3, { status: 'active' });
    await status(player.userId, 2, { status: barred });
    auth.decide = () => 'granted';
    await expect
      .poll(() => claim(service.call, event.id, player))
      .toMatchObject({ status: 201, body: { id: pending.id, attempt: 2 } });
    expect(await readReward(service.call, reward)).toMatchObject({ available: 0, reserved: 0, granted: 1 });
  }
});

it('a ban with an end is over by itself', async () => {
  const player = account();
  const { event } = await activeEvent(service.call);
  await status(player.userId, 2, { status: 'banned', until: new Date(Date.now() + HOUR_MS).toISOString() });
  await expect.poll(() => stored(player.userId)).toMatchObject({ status: 'banned' });
  expectProblem(await claim(service.call, event.id, player), 403, 'account_banned');
  service.advance(HOUR_MS);
  expect((await claim(service.call, event.id, player)).status).toBe(201);
});

it('conditions read the copy: age, guest and status', async () => {
  const condition = {
    all: [
      { account: 'ageDays', op: '>=', value: 30 },
      { account: 'guest', op: '==', value: false },
    ],
  };
  const { event } = await activeEvent(service.call, { event: { condition } });
  const [grown, young, guest] = [account(), account(), account()];
  await registered(grown.userId);
  await registered(young.userId, { registeredAt: new Date().toISOString() });
  await registered(guest.userId, { username: null, guest: true });
  await expect.poll(() => stored(guest.userId)).not.toBeNull();
  await expect.poll(() => stored(young.userId)).not.toBeNull();
  expect((await claim(service.call, event.id, grown)).status).toBe(201);
  expectProblem(await claim(service.call, event.id, guest), 422, 'conditions_not_met');
  const answer = await claim(service.call, event.id, young);
  expectProblem(answer, 422, 'conditions_not_met');
  expect(answer.body).toMatchObject({
    conditions: { all: [{ current: 0, required: 30, met: false }, { met: true }] },
  });
});

it('an account that has not been heard of yet may claim', async () => {
  const { event } = await activeEvent(service.call);
  expect((await claim(service.call, event.id, account())).status).toBe(201);
});
