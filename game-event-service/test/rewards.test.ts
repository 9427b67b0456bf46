import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageSchema } from 'service-kit/http';
import { RewardResponse } from '../src/catalog/rewards/reward-schema.ts';
import { account, bodyOf, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import {
  activeEvent,
  auditor,
  changeStatus,
  claim,
  makeEvent,
  makeReward,
  operator,
  rewardBody,
} from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

const post = (eventId: string, body: object, as = operator) =>
  service.call('POST', `/v1/events/${eventId}/rewards`, { as, body });

it('a reward is made with its stock, and shows what is available, reserved and granted', async () => {
  const event = await makeEvent(service.call);
  const more = {
    stock: 10,
    perAccount: 1,
    perPeriod: { day: 5 },
    condition: { account: 'guest', op: '==', value: false },
  };
  const answer = await post(event.id, rewardBody(more));
  const reward = bodyOf(answer, 201, RewardResponse);
  expect(reward).toMatchObject({
    eventId: event.id,
    ...more,
    available: 10,
    reserved: 0,
    granted: 0,
    active: true,
  });
  expect(reward.id).toMatch(/^rwd_/);
  expect(answer.headers.get('location')).toBe(`/v1/events/${event.id}/rewards/${reward.id}`);
  const read = await service.call('GET', `/v1/events/${event.id}/rewards/${reward.id}`, { as: auditor });
  expect(read).toMatchObject({ status: 200, body: reward });
});

describe('the ETag of a reward', () => {
  const shown = (target: string, headers: Record<string, string> = {}) =>
    service.call('GET', target, { as: operator, headers });

  it('is its version, which counts are outside of', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 3 } });
    const target = `/v1/events/${event.id}/rewards/${reward.id}`;
    const before = await shown(target);
    expect(before.headers.get('etag')).toBe('"1"');
    await claim(service.call, event.id, account(), { prefer: 'wait=0' });
    const after = await shown(target);
    expect(after.body).not.toEqual(before.body);
    expect(after.headers.get('etag')).toBe('"1"');
  });

  it('is never enough for a 304, because the counts may be others', async () => {
    const { event, reward } = await activeEvent(service.call);
    const target = `/v1/events/${event.id}/rewards`;
    for (const known of ['"1"', '*']) {
      expect((await shown(`${target}/${reward.id}`, { 'if-none-match': known })).status).toBe(200);
      expect((await shown(target, { 'if-none-match': known })).status).toBe(200);
    }
    expectProblem(await shown(`${target}/${reward.id}`, { 'if-match': '"2"' }), 412, 'precondition_failed');
  });
});

it('a stock of null is unlimited', async () => {
  const event = await makeEvent(service.call);
  expect(await makeReward(service.call, event.id, { stock: null })).toMatchObject({
    stock: null,
    available: null,
  });
});

it.each([
  ['without a stock', { stock: undefined }, 'stock'],
  ['of a negative stock', { stock: -1 }, 'stock'],
  ['of nothing', { quantity: 0 }, 'quantity'],
  ['of a kind that is none', { kind: 'badge' }, 'kind'],
  ['that is a coupon with a stock', { kind: 'coupon', stock: 5 }, 'stock'],
  ['with a cap of zero', { perPeriod: { day: 0 } }, 'perPeriod.day'],
  ['with a condition that is none', { condition: { all: [] } }, 'condition.all'],
  ['with a field that is not known', { colour: 'gold' }, 'colour'],
])('a reward %s is refused with the path', async (_, more, path) => {
  const event = await makeEvent(service.call);
  const answer = await post(event.id, rewardBody(more));
  expectProblem(answer, 400, 'invalid_request');
  expect(answer.body).toMatchObject({ errors: [{ path }] });
});

it('rewards are made by operators, for events that are there and not over', async () => {
  const { event } = await activeEvent(service.call);
  expectProblem(await post(event.id, rewardBody(), account()), 403, 'forbidden');
  expectProblem(await post('evt_nothing', rewardBody()), 404, 'not_found');
  expect((await post(event.id, rewardBody())).status).toBe(201);
  await changeStatus(service.call, event.id, 'ended');
  expectProblem(await post(event.id, rewardBody()), 409, 'event_in_use');
});

it('rewards are listed in the order of their making, to whoever may see the event', async () => {
  const draft = await makeEvent(service.call);
  const ids: string[] = [];
  for (const name of ['one', 'two', 'three'])
    ids.push((await makeReward(service.call, draft.id, { name })).id);
  const list = (query: string, as = operator) =>
    service.call('GET', `/v1/events/${draft.id}/rewards${query}`, { as });

  const Page = pageSchema(RewardResponse);
  const first = bodyOf(await list('?limit=2'), 200, Page);
  expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
  const second = bodyOf(await list(`?limit=2&cursor=${first.nextCursor}`), 200, Page);
  expect(second).toMatchObject({ items: [{ id: ids[2] }], nextCursor: null });

  expectProblem(await list('', account()), 404, 'not_found');
  await changeStatus(service.call, draft.id, 'scheduled');
  expect(bodyOf(await list('', account()), 200, Page).items).toHaveLength(3);
});

it('a reward of another event is 404', async () => {
  const { reward } = await activeEvent(service.call);
  const { event } = await activeEvent(service.call);
  const answer = await service.call('GET', `/v1/events/${event.id}/rewards/${reward.id}`, { as: operator });
  expectProblem(answer, 404, 'not_found');
});
