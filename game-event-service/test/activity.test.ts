import { afterAll, beforeAll, expect, it } from 'vitest';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { activityItem, gameServer, report, standings } from './support/activity.ts';
import { account, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, changeStatus, claim, inHours, makeEvent, makeReward } from './support/scenario.ts';

let auth: AuthStandIn;
let service: RunningService;
let other: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  service = await startService();
  other = await startService({ beside: service });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const metric = 'quest.completed';
const atLeast = (value: number, more: object = {}) => ({ metric, op: '>=', value, ...more });
const condition = { all: [atLeast(3), atLeast(2, { where: { difficulty: 'hard' } })] };
const send = (body: unknown, as = gameServer) => service.call('POST', '/v1/activity', { as, body });

it('what a player did opens the reward, at once and on every instance', async () => {
  const { event } = await activeEvent(service.call, { event: { kind: 'activity', condition } });
  const player = account();
  expectProblem(await claim(service.call, event.id, player), 422, 'conditions_not_met');
  const hard = { difficulty: 'hard' };
  const items = [
    activityItem(player.userId, { value: 2, attributes: hard }),
    activityItem(player.userId, { attributes: { difficulty: 'easy' } }),
    activityItem(player.userId, { metric: 'login', value: 50 }),
    activityItem(account().userId, { value: 50, attributes: hard }),
  ];
  expect(await report(other.call, items)).toEqual({ accepted: 4, duplicates: 0, rejected: [] });
  expect(await standings(service.call, event.id, player.userId)).toEqual([3, 2]);
  expect((await claim(service.call, event.id, player)).status).toBe(201);
});

it('one bad item never loses the good ones, and each is kept with why', async () => {
  const { event } = await activeEvent(service.call, { event: { condition } });
  const { userId } = account();
  const weird = { $where: '\u0000', '': { $ref: 'x', $id: 1 } };
  const items = [
    activityItem(userId, { at: inHours(-24 * 8) }),
    activityItem(userId),
    activityItem(userId, { at: inHours(1) }),
    weird,
    activityItem(userId, { attributes: weird }),
  ];
  const as = client(['activity:write']);
  expect(await report(service.call, items, as)).toEqual({
    accepted: 2,
    duplicates: 0,
    rejected: [
      { index: 0, code: 'too_old' },
      { index: 2, code: 'in_future' },
      { index: 3, code: 'invalid' },
    ],
  });
  const kept = await service.db.collection('rejectedActivity').find({ client: as.userId }).toArray();
  expect(kept).toMatchObject([
    { code: 'too_old', reason: expect.stringContaining('before'), item: JSON.stringify(items[0]) },
    { code: 'in_future', reason: expect.stringContaining('after'), item: JSON.stringify(items[2]) },
    { code: 'invalid', reason: expect.stringContaining('source'), item: JSON.stringify(weird) },
  ]);
  expect(await standings(service.call, event.id, userId)).toEqual([2, 0]);
});

it('what would take a sum back, or count a check-in from outside, is not valid', async () => {
  const items = [{ value: -1 }, { metric: 'attendance.check-in' }, { value: 0 }].map((more) =>
    activityItem(account().userId, more),
  );
  expect(await report(service.call, items)).toEqual({
    accepted: 1,
    duplicates: 0,
    rejected: [
      { index: 0, code: 'invalid' },
      { index: 1, code: 'invalid' },
    ],
  });
});

it('the same batch, five times at once over two instances, is counted once', async () => {
  const { event } = await activeEvent(service.call, { event: { condition } });
  const players = Array.from({ length: 20 }, () => account().userId);
  const items = players.flatMap((userId) =>
    Array.from({ length: 25 }, () => activityItem(userId, { attributes: { difficulty: 'hard' } })),
  );
  const results = await Promise.all(
    [service, other, service, other, service].map(({ call }) => report(call, items)),
  );
  expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(500);
  expect(results.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(2_000);
  for (const userId of players) expect(await standings(service.call, event.id, userId)).toEqual([25, 25]);
});

it('an item is one of its client and source: another client’s with the same id counts as well', async () => {
  const { event } = await activeEvent(service.call, { event: { condition } });
  const item = activityItem(account().userId);
  const again = { accepted: 0, duplicates: 1 };
  expect(await report(service.call, [item])).toMatchObject({ accepted: 1 });
  expect(await report(other.call, [item])).toMatchObject(again);
  expect(await report(service.call, [{ ...item, value: 9 }])).toMatchObject(again);
  expect(await report(service.call, [item], client(['activity:write']))).toMatchObject({ accepted: 1 });
  expect(await report(service.call, [{ ...item, source: 'eu-2' }])).toMatchObject({ accepted: 1 });
  expect(await standings(service.call, event.id, item.accountId)).toEqual([3, 0]);
});

it('late items count on the day on which they happened', async () => {
  const over = ['event', 'period', 'day', 'rolling:3d'].map((each) => atLeast(1, { over: each }));
  const { event } = await activeEvent(service.call, {
    event: { condition: { all: over }, startsAt: inHours(-24 * 30), repeat: 'daily', timeZone: 'UTC' },
  });
  const { userId } = account();
  const days = [0, 1, 2, 3, 6].map((back) => activityItem(userId, { at: inHours(-24 * back) }));
  expect(await report(service.call, days)).toMatchObject({ accepted: 5 });
  expect(await standings(service.call, event.id, userId)).toEqual([5, 1, 1, 3]);
});

it('what was done before the event began or after it ended is accepted and not counted for it', async () => {
  const { event } = await activeEvent(service.call, { event: { condition } });
  const { userId } = account();
  const before = activityItem(userId, { at: inHours(-2) });
  const during = activityItem(userId);
  await changeStatus(service.call, event.id, 'inactive');
  expect(await report(service.call, [before, during])).toMatchObject({ accepted: 2 });
  await changeStatus(service.call, event.id, 'ended');
  const late = activityItem(userId, { at: during.at });
  const after = activityItem(userId, { at: new Date(Date.now() + 1_000).toISOString() });
  expect(await report(other.call, [late, after])).toMatchObject({ accepted: 2 });
  // During the event, paused or not, and reported in time or late: those two.
  const audited = await service.db
    .collection<{ _id: string }>('progress')
    .findOne({ _id: `${event.id}:${userId}` });
  expect(audited).toMatchObject({ counters: { 'quest%2ecompleted': { total: 2 } } });
});

it('a condition that comes later counts from then on', async () => {
  const draft = await makeEvent(service.call, { kind: 'activity' });
  await makeReward(service.call, draft.id);
  await changeStatus(service.call, draft.id, 'scheduled');
  const player = account();
  const metricOfItsOwn = `boss.${draft.id}`.slice(0, 60);
  const item = () => activityItem(player.userId, { metric: metricOfItsOwn });
  await report(service.call, [item()]);
  const late = await makeReward(service.call, draft.id, {
    condition: { metric: metricOfItsOwn, op: '>=', value: 1 },
  });
  expectProblem(
    await claim(service.call, draft.id, player, { rewardId: late.id }),
    422,
    'conditions_not_met',
  );
  await report(other.call, [item()]);
  expect((await claim(service.call, draft.id, player, { rewardId: late.id })).status).toBe(201);
});

it('a streak counts days with activity', async () => {
  const { event } = await activeEvent(service.call, {
    event: {
      condition: { all: [{ streak: 'login', length: 3 }] },
      startsAt: inHours(-24 * 30),
      timeZone: 'Asia/Seoul',
    },
  });
  const { userId } = account();
  const logins = [0, 1, 2, 4].map((back) =>
    activityItem(userId, { metric: 'login', at: inHours(-24 * back) }),
  );
  await report(service.call, [...logins, ...logins]);
  expect(await standings(service.call, event.id, userId)).toEqual([3]);
});

it('a thousand items are taken, and a body without the right list of items is not', async () => {
  const { userId } = account();
  const many = (count: number) => Array.from({ length: count }, () => activityItem(userId));
  expect(await report(service.call, many(1_000))).toEqual({ accepted: 1_000, duplicates: 0, rejected: [] });
  for (const body of [{ items: many(1_001) }, { items: [] }, {}, { items: 'x' }, { items: many(1), more: 1 }])
    expectProblem(await send(body), 400, 'invalid_request');
});

it('a body may be 4 MiB and no larger', async () => {
  const items = (count: number, size: number) =>
    Array.from({ length: count }, () =>
      activityItem(account().userId, { attributes: { text: 'x'.repeat(size) } }),
    );
  expect(await report(service.call, items(500, 8_000))).toMatchObject({ accepted: 500 });
  expectProblem(await send({ items: items(600, 8_000) }), 413, 'payload_too_large');
});

it('activity is for clients with the scope', async () => {
  const body = { items: [activityItem('acc_1')] };
  expectProblem(await service.call('POST', '/v1/activity', { body }), 401, 'unauthenticated');
  expectProblem(await send(body, client(['claims:read'])), 403, 'forbidden');
  expectProblem(await send(body, account(['ADMIN'])), 403, 'forbidden');
});

it('items are forgotten by themselves, later than a message with them could be replayed and count', async () => {
  await report(service.call, [activityItem(account().userId), {}]);
  const DAY_MS = 24 * 60 * 60 * 1_000;
  for (const name of ['activity', 'rejectedActivity']) {
    const indexes = await service.db.collection(name).indexes();
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }));
    const stored = await service.db
      .collection<{ expiresAt: Date }>(name)
      .findOne({}, { sort: { expiresAt: 1 } });
    expect(stored?.expiresAt.getTime()).toBeGreaterThan(Date.now() + 38 * DAY_MS);
  }
});
