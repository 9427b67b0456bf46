import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { activityItem, report, standings } from './support/activity.ts';
import { account, client } from './support/caller.ts';
import { environment } from './support/environment.ts';
import {
  ACTIVITY_QUEUE,
  assertActivityContract,
  openGameServerLink,
  type GameServerLink,
} from './support/game-server-link.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, inHours } from './support/scenario.ts';

let service: RunningService;
let link: GameServerLink;
beforeAll(async () => {
  service = await startService();
  link = await openGameServerLink();
});
afterAll(async () => {
  await link[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const eventually = { timeout: 20_000, interval: 50 };
const condition = { all: [{ metric: 'quest.completed', op: '>=', value: 1 }] };
const DAY_HOURS = 24;
const activeCounting = async () =>
  (await activeEvent(service.call, { event: { condition, startsAt: inHours(-90 * DAY_HOURS) } })).event.id;
const counted = (eventId: string, accountId: string) => standings(service.call, eventId, accountId);

it('items of a message count as those of a request do, once however they come', async () => {
  const eventId = await activeCounting();
  const as = client(['activity:write']);
  const item = activityItem(account().userId, { value: 3 });
  assertActivityContract([item]);
  await report(service.call, [item], as);
  await link.send([item, { ...item, source: 'eu-2' }], { source: as.userId });
  await expect.poll(() => counted(eventId, item.accountId), eventually).toEqual([6]);
  // The same message again, its items in another one, and a field that this version does not know.
  await link.send([{ ...item, source: 'eu-3', platform: 'pc' }], { source: as.userId, id: `m-${item.id}` });
  await link.send([{ ...item, source: 'eu-3' }], { source: as.userId, id: `m-${item.id}` });
  await link.send([{ ...item, source: 'eu-3' }, item], { source: as.userId });
  await link.send([activityItem(item.accountId, { value: 100 })]);
  await expect.poll(() => counted(eventId, item.accountId), eventually).toEqual([109]);
});

it('bad items are kept with why, and cost the good ones nothing', async () => {
  const eventId = await activeCounting();
  const { userId } = account();
  const source = `game-${userId}`;
  const bad = [{ accountId: userId }, activityItem(userId, { at: inHours(-8 * DAY_HOURS) })];
  await link.send([bad[0], activityItem(userId), bad[1]], { source });
  await expect.poll(() => counted(eventId, userId), eventually).toEqual([1]);
  expect(await service.db.collection('rejectedActivity').find({ client: source }).toArray()).toMatchObject([
    { code: 'invalid', item: JSON.stringify(bad[0]) },
    { code: 'too_old', item: JSON.stringify(bad[1]) },
  ]);
});

it('a message that is none is dead at once, and holds up no other', async () => {
  const eventId = await activeCounting();
  const dead = `${ACTIVITY_QUEUE}.dead`;
  const before = await link.ready(dead);
  const { userId } = account();
  await link.sendRaw('{ not json');
  await link.send([]);
  await link.send(Array.from({ length: 1_001 }, () => activityItem(userId)));
  await link.send([activityItem(userId)]);
  await expect.poll(() => counted(eventId, userId), eventually).toEqual([1]);
  await expect.poll(() => link.ready(dead), eventually).toBe(before + 3);
});

it('age is judged by when a message was sent, for as long as it may be replayed', async () => {
  const eventId = await activeCounting();
  const { userId } = account();
  const atDay = (days: number) => activityItem(userId, { at: inHours(-days * DAY_HOURS) });
  await link.send([atDay(16), atDay(18)], { time: inHours(-10 * DAY_HOURS) });
  await link.send([atDay(36), atDay(38), atDay(50)], { time: inHours(-60 * DAY_HOURS) });
  await link.send([atDay(6), atDay(8)], { time: inHours(DAY_HOURS * 5) });
  await expect.poll(() => counted(eventId, userId), eventually).toEqual([3]);
  const rejected = () =>
    service.db.collection('rejectedActivity').countDocuments({ item: { $regex: userId }, code: 'too_old' });
  await expect.poll(rejected, eventually).toBe(4);
});

it('messages of many items share a transaction up to a thousand of them', async () => {
  const eventId = await activeCounting();
  const { userId } = account();
  const messages = Array.from({ length: 20 }, () => Array.from({ length: 300 }, () => activityItem(userId)));
  await Promise.all(messages.map((items) => link.send(items)));
  await expect.poll(() => counted(eventId, userId), eventually).toEqual([6_000]);
  // What one transaction stores has one time.
  const stored = await service.db
    .collection('activity')
    .aggregate<{ items: number }>([
      { $match: { accountId: userId } },
      { $group: { _id: '$storedAt', items: { $sum: 1 } } },
    ])
    .toArray();
  expect(Math.max(...stored.map(({ items }) => items))).toBeLessThanOrEqual(1_000);
}, 60_000);

it('a worker that is killed at work loses nothing and counts nothing twice', async () => {
  await service.stop();
  await using front = await startService({ beside: service, env: { ROLE: 'http' } });
  const { event } = await activeEvent(front.call, { event: { condition } });
  const players = Array.from({ length: 10 }, () => account().userId);
  const env = environment({
    MONGODB_DATABASE: service.db.databaseName,
    ROLE: 'worker',
    // Many transactions, so that the service dies while it handles them.
    ACTIVITY_BATCH_SIZE: '2',
  });
  const worker = spawn(process.execPath, ['src/main.ts'], {
    env: { ...process.env, ...env },
    stdio: 'ignore',
  });
  const total = async () => {
    const standing = await Promise.all(players.map((userId) => standings(front.call, event.id, userId)));
    return standing.flat().reduce((sum, value) => sum + value, 0);
  };
  const messages = Array.from({ length: 300 }, () => players.map((userId) => activityItem(userId)));
  await Promise.all(messages.map((items) => link.send(items)));
  await expect.poll(total, { timeout: 20_000, interval: 5 }).toBeGreaterThan(0);
  worker.kill('SIGKILL');
  await once(worker, 'exit');
  expect(await total()).toBeLessThan(3_000);

  await using _ = await startService({ beside: service, env: { ROLE: 'worker' } });
  // MongoDB ends the transactions of a dead client after a minute at the latest.
  await expect.poll(total, { timeout: 90_000, interval: 100 }).toBe(3_000);
  await expect.poll(() => link.ready(ACTIVITY_QUEUE), eventually).toBe(0);
  expect(await service.db.collection('activity').countDocuments({ accountId: { $in: players } })).toBe(3_000);
  expect(await total()).toBe(3_000);
}, 150_000);
