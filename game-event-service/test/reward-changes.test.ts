import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, expectProblem, type Answer } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import {
  activeEvent,
  auditor,
  changeStatus,
  claim,
  inHours,
  makeEvent,
  makeReward,
  operator,
  readReward,
} from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

interface Place {
  eventId: string;
  id: string;
}
const at = ({ eventId, id }: Place): string => `/v1/events/${eventId}/rewards/${id}`;
const patch = (reward: Place, body: object, as = operator): Promise<Answer> =>
  service.call('PATCH', at(reward), { as, body });
const remove = (reward: Place, as = operator): Promise<Answer> => service.call('DELETE', at(reward), { as });

async function draftReward(more: object = {}) {
  const { id } = await makeEvent(service.call, { startsAt: inHours(1) });
  return await makeReward(service.call, id, more);
}

describe('changing a reward', () => {
  it('of an event that has not started changes anything', async () => {
    const reward = await draftReward({ perPeriod: { day: 5 }, attributes: { a: 1, b: 2 } });
    const body = {
      name: 'Silver',
      kind: 'item',
      asset: 'silver',
      quantity: 7,
      stock: 9,
      perAccount: 2,
      perPeriod: null,
      condition: { account: 'guest', op: '==', value: false },
      attributes: { a: null },
      active: false,
    };
    const { perPeriod: _, ...before } = reward;
    const expected = { ...before, ...body, perPeriod: undefined, attributes: { b: 2 }, available: 9 };

    const answer = await patch(reward, body);

    expect(answer).toMatchObject({ status: 200 });
    expect(answer.body).toEqual(JSON.parse(JSON.stringify(expected)));
    expect(await readReward(service.call, reward)).toEqual(answer.body);
  });

  it('of an event that runs changes its name, attributes and stock, and whether it is active', async () => {
    const { reward } = await activeEvent(service.call, { reward: { stock: 3 } });
    for (const body of [
      { quantity: 7 },
      { asset: 'silver' },
      { perAccount: 2 },
      { condition: { not: { account: 'guest', op: '==', value: true } } },
    ]) {
      expectProblem(await patch(reward, body), 409, 'event_active');
    }
    const body = { name: 'Renamed', active: false, attributes: { a: 1 }, stock: 4 };
    expect((await patch(reward, body)).body).toMatchObject({ ...body, available: 4 });
  });

  it('to inactive stops claims of it at once', async () => {
    const { event, reward } = await activeEvent(service.call);
    await patch(reward, { active: false });
    for (const rewardId of [reward.id, undefined]) {
      const answer = await claim(service.call, event.id, account(), { rewardId, prefer: 'wait=0' });
      expectProblem(answer, 409, 'event_not_active');
    }
  });

  it('raises the stock for claims that come then', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
    const tryIt = () => claim(service.call, event.id, account(), { prefer: 'wait=0' });
    expect((await tryIt()).status).toBe(202);
    expectProblem(await tryIt(), 409, 'out_of_stock');
    await patch(reward, { stock: 2 });
    expect((await tryIt()).status).toBe(202);
    expectProblem(await tryIt(), 409, 'out_of_stock');
  });

  it.each([10, 200])('lowers a stock of %i to what is reserved and granted, and no lower', async (units) => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: units } });
    await claim(service.call, event.id, account(), { prefer: 'wait=0' });
    await claim(service.call, event.id, account(), { prefer: 'wait=0' });
    expectProblem(await patch(reward, { stock: 1, name: 'Not this either' }), 409, 'stock_in_use');
    expect(await readReward(service.call, reward)).toMatchObject({ stock: units, name: reward.name });
    expect((await patch(reward, { stock: 2 })).body).toMatchObject({ stock: 2, available: 0 });
    expect((await patch(reward, { stock: null })).body).toMatchObject({ stock: null, available: null });
    expect((await patch(reward, { stock: 500 })).body).toMatchObject({ stock: 500, available: 498 });
  });

  it('finds every unit of a stock that was raised, lowered and raised', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
    const tryMany = async (): Promise<number> => {
      const all = Array.from({ length: 90 }, () =>
        claim(service.call, event.id, account(), { prefer: 'wait=0' }),
      );
      return (await Promise.all(all)).filter(({ status }) => status === 202).length;
    };
    expect(await tryMany()).toBe(1);
    await patch(reward, { stock: 300 });
    expect(await tryMany()).toBe(90);
    await patch(reward, { stock: 91 });
    expect(await tryMany()).toBe(0);
    await patch(reward, { stock: 101 });
    expect(await tryMany()).toBe(10);
    expect(await readReward(service.call, reward)).toMatchObject({ stock: 101, available: 0 });
  });

  it.each([20, 100])(
    'never lets lowering a stock of %i and claiming sell more than there is',
    async (units) => {
      const { event, reward } = await activeEvent(service.call, { reward: { stock: units } });
      const claims = Array.from({ length: units }, () =>
        claim(service.call, event.id, account(), { prefer: 'wait=0' }),
      );
      const lowered = [0.75, 0.5, 0.25, 0].map((part) => patch(reward, { stock: units * part }));
      await Promise.all([...claims, ...lowered]);
      const { stock, available, reserved, granted } = await readReward(service.call, reward);
      expect((available ?? 0) + reserved + granted).toBe(stock);
      expect(available).toBeGreaterThanOrEqual(0);
    },
  );

  it('of an event that is over answers 409', async () => {
    const { event, reward } = await activeEvent(service.call);
    await changeStatus(service.call, event.id, 'ended');
    expectProblem(await patch(reward, { name: 'Late' }), 409, 'event_in_use');
  });

  it.each([{ stock: -1 }, { quantity: 0 }, { granted: 5 }, { name: null }, { id: 'other' }])(
    'to %o answers 400',
    async (body) => {
      expectProblem(await patch(await draftReward(), body), 400, 'invalid_request');
    },
  );

  it('is for operators; what is not there is 404', async () => {
    const reward = await draftReward();
    expectProblem(await patch(reward, { name: 'x' }, account()), 403, 'forbidden');
    expectProblem(await patch(reward, { name: 'x' }, auditor), 403, 'forbidden');
    expectProblem(await patch({ ...reward, id: 'rwd_nothing' }, { name: 'x' }), 404, 'not_found');
    expectProblem(await patch({ ...reward, eventId: 'evt_nothing' }, { name: 'x' }), 404, 'not_found');
  });
});

describe('deleting a reward', () => {
  it('of an event that has not started removes it', async () => {
    const reward = await draftReward();
    await changeStatus(service.call, reward.eventId, 'scheduled');
    expect((await remove(reward)).status).toBe(204);
    expectProblem(await service.call('GET', at(reward), { as: operator }), 404, 'not_found');
    expectProblem(await remove(reward), 404, 'not_found');
  });

  it('of an event that runs answers 409', async () => {
    const { reward } = await activeEvent(service.call);
    expectProblem(await remove(reward), 409, 'event_in_use');
  });

  it('is for operators', async () => {
    expectProblem(await remove(await draftReward(), account()), 403, 'forbidden');
  });
});
