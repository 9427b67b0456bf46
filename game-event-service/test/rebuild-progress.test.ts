import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { activityItem, report } from './support/activity.ts';
import { account } from './support/caller.ts';
import { environment } from './support/environment.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, inHours, makeReward, operator } from './support/scenario.ts';

let service: RunningService;
let other: RunningService;
beforeAll(async () => {
  service = await startService();
  other = await startService({ beside: service });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const DAY_HOURS = 24;
const progress = () => service.db.collection<{ _id: string }>('progress');
const stored = () => progress().find().sort({ _id: 1 }).toArray();

async function rebuild(env: Record<string, string> = {}): Promise<string> {
  const run = promisify(execFile)(process.execPath, ['src/commands/rebuild-progress.ts'], {
    env: { ...process.env, ...environment({ MONGODB_DATABASE: service.db.databaseName, ...env }) },
  });
  return (await run).stdout;
}

const leaf = (over: string, where?: object) => ({
  metric: 'quest.completed',
  op: '>=',
  value: 1,
  over,
  ...(where && { where }),
});
const anItem = fc.record({
  account: fc.nat(5),
  hoursAgo: fc.integer({ min: 0, max: 6 * DAY_HOURS }),
  value: fc.integer({ min: 0, max: 9 }),
  difficulty: fc.constantFrom('hard', 'easy'),
  metric: fc.constantFrom('quest.completed', 'login'),
});

it('counters made anew from the history are those that were kept while it happened', async () => {
  for (const timeZone of ['Asia/Seoul', 'America/New_York']) {
    await activeEvent(service.call, {
      event: {
        timeZone,
        startsAt: inHours(-4 * DAY_HOURS),
        condition: { any: [leaf('day'), leaf('event', { difficulty: 'hard' })] },
      },
      reward: { condition: { streak: 'login', length: 2 } },
    });
  }
  const players = Array.from({ length: 6 }, () => account().userId);
  const batches = fc.sample(fc.array(anItem, { minLength: 20, maxLength: 120 }), 12);
  await Promise.all(
    batches.map((batch, index) =>
      report(
        (index % 2 ? service : other).call,
        batch.map(({ account: nth, hoursAgo, value, difficulty, metric }) =>
          activityItem(players[nth] ?? '', {
            metric,
            value,
            at: inHours(-hoursAgo),
            attributes: { difficulty },
          }),
        ),
      ),
    ),
  );
  const live = await stored();
  expect(live.length).toBeGreaterThan(6);
  expect(await rebuild()).toMatch(/^6 accounts, 0 counters corrected\n$/);
  expect(await stored()).toEqual(live);

  // Lost, wrong, and beyond what happened: all of it comes right again.
  await progress().deleteOne({ _id: live[0]?._id ?? '' });
  await progress().updateOne({ _id: live[1]?._id ?? '' }, { $inc: { 'counters.login.total': 1 } });
  await progress().updateOne({ _id: live[2]?._id ?? '' }, { $set: { counters: {} } });
  await rebuild();
  expect(await stored()).toEqual(live);
});

it('counts what a condition asks for that came after the activity, and leaves check-ins as they are', async () => {
  const condition = { streak: 'attendance.check-in', length: 1 };
  const { event } = await activeEvent(service.call, { event: { condition } });
  const player = account();
  await service.call('POST', `/v1/events/${event.id}/check-in`, { as: player });
  await report(service.call, [activityItem(player.userId, { metric: 'boss', value: 7 })]);
  await makeReward(service.call, event.id, { condition: { metric: 'boss', op: '>=', value: 5 } });
  const mine = () => service.call('GET', `/v1/me/progress?eventId=${event.id}`, { as: player });
  const checkIns = { metric: 'attendance.check-in', event: 1, period: 1, day: 1 };
  const boss = (value: number) => ({ metric: 'boss', event: value, period: value, day: value });
  expect(await mine()).toMatchObject({ body: { metrics: [checkIns, boss(0)] } });
  await rebuild();
  expect(await mine()).toMatchObject({ body: { metrics: [checkIns, boss(7)] } });
});

it('counts whom it finds to take part, and to be eligible, in an event that came after the activity', async () => {
  const [able, other] = [account(), account()].map(({ userId }) => userId);
  await report(service.call, [
    activityItem(able ?? '', { metric: 'dragon', value: 3 }),
    activityItem(other ?? '', { metric: 'dragon' }),
  ]);
  const condition = { metric: 'dragon', op: '>=', value: 2 };
  const { event } = await activeEvent(service.call, { event: { kind: 'activity', condition } });
  const stats = () => service.call('GET', `/v1/events/${event.id}/stats`, { as: operator });
  expect(await stats()).toMatchObject({ body: { participants: 0, eligible: 0 } });
  await rebuild();
  expect(await stats()).toMatchObject({ body: { participants: 2, eligible: 1 } });
});

it('leaves what invites have counted as it is', async () => {
  const condition = { metric: 'invite.sent.accepted', op: '>=', value: 1 };
  const { event } = await activeEvent(service.call, { event: { kind: 'invite', condition } });
  const accountId = account().userId;
  const counters = { 'invite%2esent%2eaccepted': { total: 2, days: { [inHours(0).slice(0, 10)]: 2 } } };
  const _id = `${event.id}:${accountId}`;
  await service.db
    .collection<{ _id: string }>('progress')
    .insertOne(Object.assign({ _id }, { eventId: event.id, accountId, counters }));
  await rebuild();
  expect(await progress().findOne({ _id })).toMatchObject({ counters });
});

it('leaves an event alone that began before the activity that is kept', async () => {
  const { event } = await activeEvent(service.call, {
    event: { startsAt: inHours(-100 * DAY_HOURS), condition: leaf('event') },
  });
  const { userId } = account();
  await report(service.call, [activityItem(userId)]);
  const id = `${event.id}:${userId}`;
  await progress().updateOne({ _id: id }, { $inc: { 'counters.quest%2ecompleted.total': 40 } });
  expect(await rebuild()).toContain(`${event.id} began before`);
  expect(await progress().findOne({ _id: id })).toMatchObject({
    counters: { 'quest%2ecompleted': { total: 41 } },
  });
  await rebuild({ ACTIVITY_RETENTION: '200d' });
  expect(await progress().findOne({ _id: id })).toMatchObject({
    counters: { 'quest%2ecompleted': { total: 1 } },
  });
});

it('misses nothing that comes in meanwhile', async () => {
  await activeEvent(service.call, { event: { condition: leaf('event') } });
  const players = Array.from({ length: 30 }, () => account().userId);
  const reports = Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      report(
        (index % 2 ? service : other).call,
        players.map((userId) => activityItem(userId)),
      ),
    ),
  );
  await Promise.all([reports, rebuild()]);
  const live = await stored();
  expect(await rebuild()).toContain(' 0 counters corrected');
  expect(await stored()).toEqual(live);
}, 60_000);

it('stops at a wrong environment, and says what is wrong', async () => {
  await expect(rebuild({ ACTIVITY_RETENTION: 'long' })).rejects.toMatchObject({
    code: 78,
    stderr: expect.stringContaining('ACTIVITY_RETENTION'),
  });
});
