import { afterAll, beforeAll, expect, it } from 'vitest';
import { activityItem, report } from './support/activity.ts';
import { account, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, inHours, makeEvent } from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

const read = (eventId: string, as = account()) =>
  service.call('GET', `/v1/me/progress?eventId=${eventId}`, { as });
const quests = { metric: 'quest.completed', op: '>=', value: 3, over: 'day' };

it('progress is told for each metric that the event or a reward asks for, by event, period and day', async () => {
  const where = { difficulty: 'hard' };
  const { event } = await activeEvent(service.call, {
    event: { condition: quests, repeat: 'daily', timeZone: 'UTC', startsAt: inHours(-48) },
    reward: { condition: { metric: 'quest.completed', op: '>=', value: 1, where } },
  });
  const player = account();
  await report(service.call, [
    activityItem(player.userId, { value: 2 }),
    activityItem(player.userId, { value: 5, at: inHours(-24), attributes: where }),
    activityItem(account().userId, { value: 100 }),
  ]);
  const day = new Date().toISOString().slice(0, 10);
  expect(await read(event.id, player)).toMatchObject({
    status: 200,
    body: {
      eventId: event.id,
      period: day,
      day,
      metrics: [
        { metric: 'quest.completed', event: 7, period: 2, day: 2 },
        { metric: 'quest.completed', where, event: 5, period: 0, day: 0 },
      ],
      conditions: { ...quests, current: 2, required: 3, met: false },
    },
  });
});

it('an account that has done nothing yet has progress of nothing', async () => {
  const { event } = await activeEvent(service.call, { event: { condition: quests } });
  expect(await read(event.id)).toMatchObject({
    status: 200,
    body: { period: 'once', metrics: [{ event: 0, period: 0, day: 0 }], conditions: { met: false } },
  });
  const { event: forEveryone } = await activeEvent(service.call);
  expect(await read(forEveryone.id)).toMatchObject({ body: { metrics: [], conditions: null } });
});

it('a metric may have a name that every object knows', async () => {
  const metric = 'constructor';
  const { event } = await activeEvent(service.call, {
    event: { condition: { metric, op: '>=', value: 2, where: { toString: 'x' } } },
    reward: { condition: { metric, op: '>=', value: 2 } },
  });
  const player = account();
  await report(service.call, [activityItem(player.userId, { metric: 'toString' })]);
  const metrics = (value: number) => [
    { metric, event: 0 },
    { metric, event: value, day: value },
  ];
  await report(service.call, [activityItem(account().userId, { metric })]);
  expect(await read(event.id, player)).toMatchObject({ status: 200, body: { metrics: metrics(0) } });
  await report(service.call, [activityItem(player.userId, { metric, attributes: {} })]);
  expect(await read(event.id, player)).toMatchObject({ status: 200, body: { metrics: metrics(1) } });
});

it('progress is for players, in events that they may know of', async () => {
  const draft = await makeEvent(service.call);
  expectProblem(await read(draft.id), 404, 'not_found');
  expectProblem(await read('evt_nothing'), 404, 'not_found');
  expectProblem(await read(draft.id, client(['activity:write'])), 403, 'forbidden');
  expectProblem(await read(draft.id, account(['AUDITOR'])), 403, 'forbidden');
  expectProblem(await service.call('GET', '/v1/me/progress', { as: account() }), 400, 'invalid_request');
  expectProblem(await service.call('GET', `/v1/me/progress?eventId=${draft.id}`), 401, 'unauthenticated');
});
