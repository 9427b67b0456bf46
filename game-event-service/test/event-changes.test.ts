import { pageSchema } from 'service-kit/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EventResponse, EventVersionResponse } from '../src/catalog/events/event-schema.ts';
import { RewardResponse } from '../src/catalog/rewards/reward-schema.ts';
import { account, bodyOf, client, expectProblem, type Answer } from './support/caller.ts';
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
} from './support/scenario.ts';

let service: RunningService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

const player = account();
const read = (id: string, as = operator) => service.call('GET', `/v1/events/${id}`, { as });
const remove = (id: string, as = operator) => service.call('DELETE', `/v1/events/${id}`, { as });
const clone = (id: string, as = operator) => service.call('POST', `/v1/events/${id}/clone`, { as });

const patch = (id: string, body: object, ifMatch = '*', as = operator): Promise<Answer> =>
  service.call('PATCH', `/v1/events/${id}`, { as, body, headers: { 'if-match': ifMatch } });

async function versionsOf(id: string, query = '') {
  const answer = await service.call('GET', `/v1/events/${id}/versions${query}`, { as: auditor });
  return bodyOf(answer, 200, pageSchema(EventVersionResponse));
}

describe('changing an event', () => {
  it('answers 200 with the next version', async () => {
    const draft = await makeEvent(service.call);
    const answer = await patch(draft.id, { name: 'Autumn', repeat: 'daily' }, '"1"');
    const changed = bodyOf(answer, 200, EventResponse);
    expect(changed).toEqual({
      ...draft,
      name: 'Autumn',
      repeat: 'daily',
      version: 2,
      updatedAt: changed.updatedAt,
    });
    expect(answer.headers.get('etag')).toBe('"2"');
    expect((await read(draft.id)).body).toEqual(changed);
  });

  it('merges attributes, and gives a field back its default with null', async () => {
    const condition = { account: 'guest', op: '==', value: false };
    const draft = await makeEvent(service.call, {
      condition,
      description: 'long',
      attributes: { a: 1, b: { c: 2, d: 3 } },
    });
    const body = { condition: null, description: null, attributes: { a: null, b: { c: 4 } } };
    const changed = bodyOf(await patch(draft.id, body), 200, EventResponse);
    expect(changed).toMatchObject({ description: '', attributes: { b: { c: 4, d: 3 } } });
    expect(changed).not.toHaveProperty('condition');
    expect((await read(draft.id)).body).toEqual(changed);
  });

  it('that was changed meanwhile answers 412 with the version it has now', async () => {
    const draft = await makeEvent(service.call);
    await patch(draft.id, { name: 'Autumn' }, '"1"');
    for (const stale of ['"1"', 'W/"2"', '"2,3"']) {
      const answer = await patch(draft.id, { name: 'Winter' }, stale);
      expectProblem(answer, 412, 'precondition_failed');
    }
    for (const malformed of ['2', 'anything']) {
      const answer = await patch(draft.id, { name: 'Winter' }, malformed);
      expectProblem(answer, 400, 'invalid_request');
    }
    expect((await patch(draft.id, { name: 'Winter' }, '"1"')).headers.get('etag')).toBe('"2"');
    expect((await patch(draft.id, { name: 'Winter' }, '"1", "2"')).status).toBe(200);
  });

  it('by many at once on one version succeeds for one', async () => {
    const draft = await makeEvent(service.call);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => patch(draft.id, { name: `Name ${index}` }, '"1"')),
    );
    const succeeded = answers.filter(({ status }) => status === 200);
    const stale = answers.filter(({ status }) => status === 412);
    expect([succeeded.length, stale.length]).toEqual([1, 9]);
    expect((await versionsOf(draft.id)).items).toHaveLength(2);
  });

  it('without If-Match answers 428', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await patch(draft.id, { name: 'Autumn' }, ''), 428, 'precondition_required');
  });

  it.each([
    [{ endsAt: '2020-01-01T00:00:00Z' }, ['endsAt', 'endsAt']],
    [{ timeZone: 'Asia/Soul', name: '' }, ['name', 'timeZone']],
    [{ status: 'active', version: 9 }, ['status', 'version']],
    [{ name: null }, ['name']],
    [{ condition: { all: [] } }, ['condition.all']],
    [{ attributes: { text: 'x'.repeat(8_192) } }, ['attributes']],
  ])('to %o answers 400 and says where', async (body, paths) => {
    const draft = await makeEvent(service.call);
    const answer = await patch(draft.id, body);
    expectProblem(answer, 400, 'invalid_request');
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).toSorted()).toEqual(paths);
    expect((await read(draft.id)).body).toMatchObject({ version: 1 });
  });

  it('whose attributes would grow beyond the limit together answers 400', async () => {
    const draft = await makeEvent(service.call, { attributes: { a: 'x'.repeat(5_000) } });
    expectProblem(await patch(draft.id, { attributes: { b: 'x'.repeat(5_000) } }), 400, 'invalid_request');
  });

  it('that runs answers 409 for what claims stand on, and for what players were promised', async () => {
    const { event } = await activeEvent(service.call);
    expectProblem(await patch(event.id, { timeZone: 'UTC' }), 409, 'event_in_use');
    expectProblem(await patch(event.id, { claimGraceSeconds: 5 }), 409, 'event_active');
    expectProblem(await patch(event.id, { endsAt: inHours(1) }), 409, 'event_active');
    const later = { endsAt: inHours(24 * 60), description: 'longer' };
    expect((await patch(event.id, later)).body).toMatchObject(later);
  });

  it('is for operators; an event that is not there is 404', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await patch(draft.id, { name: 'x' }, '*', player), 403, 'forbidden');
    expectProblem(await patch(draft.id, { name: 'x' }, '*', auditor), 403, 'forbidden');
    expectProblem(await patch('evt_nothing', { name: 'x' }), 404, 'not_found');
  });

  it('gives later claims its new version', async () => {
    const { event } = await activeEvent(service.call);
    const before = await claim(service.call, event.id, account(), { prefer: 'wait=0' });
    expect(before.body).toMatchObject({ eventVersion: 2 });
    await patch(event.id, { name: 'Renamed' });
    const after = await claim(service.call, event.id, account(), { prefer: 'wait=0' });
    expect(after.body).toMatchObject({ eventVersion: 3 });
  });
});

describe('the versions of an event', () => {
  it('are all kept, newest first, with who, when and why', async () => {
    const draft = await makeEvent(service.call, { name: 'First' });
    await patch(draft.id, { name: 'Second' });
    await service.call('POST', `/v1/events/${draft.id}/status`, {
      as: operator,
      body: { status: 'scheduled', reason: 'reviewed' },
    });

    const { items } = await versionsOf(draft.id);

    expect(
      items.map(({ version, by, reason, event: { name, status } }) => [version, by, reason, name, status]),
    ).toEqual([
      [3, operator.userId, 'reviewed', 'Second', 'active'],
      [2, operator.userId, undefined, 'Second', 'draft'],
      [1, operator.userId, undefined, 'First', 'draft'],
    ]);
    expect(items[0]?.event).toEqual((await read(draft.id)).body);
  });

  it('go page by page', async () => {
    const draft = await makeEvent(service.call);
    await patch(draft.id, { name: 'Second' });
    const first = await versionsOf(draft.id, '?limit=1');
    expect(first.items.map(({ version }) => version)).toEqual([2]);
    const second = await versionsOf(draft.id, `?limit=1&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ items: [{ version: 1 }], nextCursor: null });
  });

  it('are for staff; of an event that is not there 404', async () => {
    const draft = await makeEvent(service.call);
    const list = (id: string, as = player) => service.call('GET', `/v1/events/${id}/versions`, { as });
    expectProblem(await list(draft.id), 403, 'forbidden');
    expectProblem(await list(draft.id, client(['claims:read'])), 403, 'forbidden');
    expectProblem(await list('evt_nothing', auditor), 404, 'not_found');
  });
});

describe('cloning an event', () => {
  it('makes a draft with the same rules and its rewards at full stock', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 5 } });
    await claim(service.call, event.id, account(), { prefer: 'wait=0' });

    const answer = await clone(event.id, account(['ADMIN'], 'acc_cloner'));

    const draft = bodyOf(answer, 201, EventResponse);
    const { id, createdAt, updatedAt } = draft;
    expect(draft).toEqual({
      ...event,
      id,
      createdAt,
      updatedAt,
      status: 'draft',
      version: 1,
      createdBy: 'acc_cloner',
    });
    expect(answer.headers.get('location')).toBe(`/v1/events/${id}`);
    const rewards = await service.call('GET', `/v1/events/${id}/rewards`, { as: operator });
    const { items } = bodyOf(rewards, 200, pageSchema(RewardResponse));
    expect(items).toEqual([
      {
        ...reward,
        id: items[0]?.id,
        eventId: id,
        createdAt,
        stock: 5,
        available: 5,
        reserved: 0,
        granted: 0,
      },
    ]);
    expect(items[0]?.id).not.toBe(reward.id);
  });

  it('is for operators; of an event that is not there 404', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await clone(draft.id, player), 403, 'forbidden');
    expectProblem(await clone('evt_nothing'), 404, 'not_found');
  });
});

describe('deleting an event', () => {
  it('that is a draft takes its rewards and versions along', async () => {
    const draft = await makeEvent(service.call);
    const reward = await makeReward(service.call, draft.id);
    expect((await remove(draft.id)).status).toBe(204);
    expectProblem(await read(draft.id), 404, 'not_found');
    expectProblem(await remove(draft.id), 404, 'not_found');
    for (const name of ['events', 'eventVersions', 'rewards', 'rewardStock']) {
      const about = { $or: [{ _id: draft.id }, { eventId: draft.id }, { _id: reward.id }] };
      expect(await service.db.collection<{ _id: string }>(name).countDocuments(about)).toBe(0);
    }
  });

  it('that is more than a draft answers 409', async () => {
    const { event } = await activeEvent(service.call);
    expectProblem(await remove(event.id), 409, 'event_in_use');
    await changeStatus(service.call, event.id, 'ended');
    expectProblem(await remove(event.id), 409, 'event_in_use');
  });

  it('is for operators', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await remove(draft.id, player), 403, 'forbidden');
    expect((await read(draft.id)).status).toBe(200);
  });
});

describe('scheduling an event', () => {
  it('whose end has passed answers 409', async () => {
    await using own = await startService();
    const draft = await makeEvent(own.call, { endsAt: inHours(1) });
    own.advance(2 * 60 * 60 * 1_000);
    const answer = await own.call('POST', `/v1/events/${draft.id}/status`, {
      as: operator,
      body: { status: 'scheduled' },
    });
    expectProblem(answer, 409, 'invalid_transition');
  });
});
