import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageSchema } from 'service-kit/http';
import { EventResponse, EventVersionResponse } from '../src/catalog/events/event-schema.ts';
import { account, bodyOf, client, expectProblem, type Answer } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import {
  activeEvent,
  auditor,
  changeStatus,
  eventBody,
  inHours,
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

const player = account();
const read = (id: string, as = operator) => service.call('GET', `/v1/events/${id}`, { as });
async function versionsOf(id: string) {
  const answer = await service.call('GET', `/v1/events/${id}/versions`, { as: auditor });
  return bodyOf(answer, 200, pageSchema(EventVersionResponse));
}
const setStatus = (id: string, body: object, as = operator) =>
  service.call('POST', `/v1/events/${id}/status`, { as, body });

describe('making an event', () => {
  it('answers 201 with a draft of version 1, its place and its ETag', async () => {
    const condition = { all: [{ streak: 'attendance.check-in', length: 7, grace: 1 }] };
    const attributes = { banner: 'spring', 'a.b': { $ref: 'x', $id: 1, 'nul\u0000': null } };
    const body = eventBody({
      condition,
      attributes,
      startsAt: '2026-12-01T09:00:00+09:00',
      endsAt: '2099-01-01T00:00:00Z',
    });
    const answer = await service.call('POST', '/v1/events', { as: operator, body });
    const event = bodyOf(answer, 201, EventResponse);
    expect(event).toMatchObject({
      status: 'draft',
      version: 1,
      createdBy: operator.userId,
      startsAt: '2026-12-01T00:00:00.000Z',
      description: '',
      claimGraceSeconds: 0,
      autoClaim: false,
      condition,
      attributes,
    });
    expect(event.id).toMatch(/^evt_[A-Za-z0-9_-]{22}$/);
    expect(answer.headers.get('location')).toBe(`/v1/events/${event.id}`);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect((await read(event.id)).body).toEqual(event);
  });

  it('that is wrong says everything that is wrong, with paths', async () => {
    const body = eventBody({
      name: '',
      kind: 'party',
      timeZone: 'Asia/Soul',
      startsAt: '2026-12-01T00:00:00Z',
      endsAt: '2026-11-01T00:00:00Z',
      repeat: undefined,
      condition: { all: [{ metric: 'attendance.check-in', op: '=>', value: 3 }, { any: [] }] },
      attributes: { text: 'x'.repeat(8_192) },
      autoClaim: 'yes',
      extra: 1,
    });
    const answer = await service.call('POST', '/v1/events', { as: operator, body });
    expectProblem(answer, 400, 'invalid_request');
    const { errors } = answer.body as { errors: { path: string }[] };
    expect(errors.map(({ path }) => path).toSorted()).toEqual([
      'attributes',
      'autoClaim',
      'condition.all.0.op',
      'condition.all.1.any',
      'endsAt',
      'endsAt',
      'extra',
      'kind',
      'name',
      'repeat',
      'timeZone',
    ]);
  });

  it('that nobody could ever win says so at the leaf to blame, when it is made, changed, or given a reward', async () => {
    const tooLong = { streak: 'attendance.check-in', length: 40 };
    const errorsOf = (answer: Answer): unknown => {
      expectProblem(answer, 400, 'invalid_request');
      return answer.body;
    };
    const make = (condition: object) =>
      service.call('POST', '/v1/events', { as: operator, body: eventBody({ condition, name: '' }) });
    expect(errorsOf(await make({ all: [tooLong] }))).toMatchObject({
      errors: [
        { path: 'name' },
        { path: 'condition.all.0', message: expect.stringContaining('can never be met') },
      ],
    });

    const draft = await makeEvent(service.call, { condition: { ...tooLong, length: 10 } });
    const path = `/v1/events/${draft.id}`;
    const patch = (body: object) =>
      service.call('PATCH', path, { as: operator, body, headers: { 'if-match': '"1"' } });
    const whole = { errors: [{ path: 'condition' }] };
    expect(errorsOf(await patch({ condition: tooLong }))).toMatchObject(whole);
    expect(errorsOf(await patch({ endsAt: inHours(24 * 5) }))).toMatchObject(whole);

    const rewards = `${path}/rewards`;
    const body = rewardBody({ condition: tooLong });
    expect(errorsOf(await service.call('POST', rewards, { as: operator, body }))).toMatchObject(whole);
    const { id } = await makeReward(service.call, draft.id);
    const change = { as: operator, body: { condition: tooLong } };
    expect(errorsOf(await service.call('PATCH', `${rewards}/${id}`, change))).toMatchObject(whole);
  });

  it('is for operators and admins', async () => {
    const make = (as = player) => service.call('POST', '/v1/events', { as, body: eventBody() });
    expectProblem(await make(), 403, 'forbidden');
    expectProblem(await make(auditor), 403, 'forbidden');
    expectProblem(await make(client(['claims:read'])), 403, 'forbidden');
    expectProblem(await service.call('POST', '/v1/events', { body: eventBody() }), 401, 'unauthenticated');
    expect((await make(account(['ADMIN']))).status).toBe(201);
  });

  it('with identity headers that nobody signed answers 401', async () => {
    const headers = { 'x-user-id': 'acc_1', 'x-session-id': 'ses_1', 'x-user-roles': 'ADMIN' };
    expectProblem(
      await service.call('POST', '/v1/events', { body: eventBody(), headers }),
      401,
      'unauthenticated',
    );
  });
});

describe('reading events', () => {
  it('shows players those that are active or ended and hides all others', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await read(draft.id, player), 404, 'not_found');
    expect((await read(draft.id, auditor)).status).toBe(200);

    const { event } = await activeEvent(service.call);
    expect((await read(event.id, player)).status).toBe(200);
    await changeStatus(service.call, event.id, 'inactive');
    expectProblem(await read(event.id, player), 404, 'not_found');
    await changeStatus(service.call, event.id, 'ended');
    expect((await read(event.id, player)).status).toBe(200);
    await changeStatus(service.call, event.id, 'archived');
    expectProblem(await read(event.id, player), 404, 'not_found');
  });

  it('is not for service clients, and an event that is not there is 404', async () => {
    const { event } = await activeEvent(service.call);
    expectProblem(await read(event.id, client(['claims:read'])), 403, 'forbidden');
    expectProblem(await read('evt_nothing'), 404, 'not_found');
  });

  it('goes page by page, newest first, with filters that the cursor belongs to', async () => {
    await using own = await startService();
    const made: string[] = [];
    for (const kind of ['attendance', 'invite', 'attendance', 'attendance']) {
      made.unshift((await makeEvent(own.call, { kind })).id);
    }
    const Page = pageSchema(EventResponse);
    const list = async (query: string, as = operator) =>
      bodyOf(await own.call('GET', `/v1/events${query}`, { as }), 200, Page);

    const attendance = made.filter((_, index) => index !== 2);
    const first = await own.call('GET', '/v1/events?kind=attendance&limit=2', { as: operator });
    const { items, nextCursor } = bodyOf(first, 200, Page);
    expect(items.map(({ id }) => id)).toEqual(attendance.slice(0, 2));
    expect(first.headers.get('link')).toBe(
      `</v1/events?kind=attendance&limit=2&cursor=${nextCursor}>; rel="next"`,
    );
    const second = await list(`?kind=attendance&limit=2&cursor=${nextCursor}`);
    expect(second).toMatchObject({ items: [{ id: attendance[2] }], nextCursor: null });
    expectProblem(
      await own.call('GET', `/v1/events?kind=invite&cursor=${nextCursor}`, { as: operator }),
      400,
      'invalid_cursor',
    );
    expectProblem(await own.call('GET', '/v1/events?limit=101', { as: operator }), 400, 'invalid_request');

    expect(await list('', player)).toEqual({ items: [], nextCursor: null });
    expect(await list('?status=draft', player)).toEqual({ items: [], nextCursor: null });
    await changeStatus(own.call, made[0] ?? '', 'scheduled');
    expect((await list('?status=active', player)).items.map(({ id }) => id)).toEqual([made[0]]);
    expect((await list('?status=draft')).items).toHaveLength(3);
  });
});

describe('the status of an event', () => {
  it('changes along the allowed ways, with a version for each change', async () => {
    const draft = await makeEvent(service.call, { startsAt: inHours(1) });
    const versions: [string, number][] = [];
    for (const wanted of [
      'scheduled',
      'draft',
      'scheduled',
      'active',
      'inactive',
      'active',
      'ended',
      'archived',
    ]) {
      const { status, version } = await changeStatus(service.call, draft.id, wanted);
      versions.push([status, version]);
    }
    expect(versions.map(([status]) => status)).toEqual([
      'scheduled',
      'draft',
      'scheduled',
      'active',
      'inactive',
      'active',
      'ended',
      'archived',
    ]);
    expect(versions.map(([, version]) => version)).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    expect((await read(draft.id)).headers.get('etag')).toBe('"9"');
  });

  it('is active at once when an event is scheduled whose start has passed', async () => {
    const draft = await makeEvent(service.call);
    expect(await changeStatus(service.call, draft.id, 'scheduled')).toMatchObject({
      status: 'active',
      version: 2,
    });
  });

  it('answers 409 for any other way, and what would be allowed', async () => {
    const draft = await makeEvent(service.call);
    const answer = await setStatus(draft.id, { status: 'active' });
    expectProblem(answer, 409, 'invalid_transition');
    expect(answer.body).toMatchObject({ allowed: ['scheduled'] });
  });

  it('keeps who changed it, when and why', async () => {
    const { event } = await activeEvent(service.call);
    await setStatus(event.id, { status: 'inactive', reason: 'wrong reward' });
    const { items } = await versionsOf(event.id);
    expect(items).toMatchObject([
      { version: 3, by: operator.userId, reason: 'wrong reward', event: { status: 'inactive' } },
      { version: 2, by: operator.userId, event: { status: 'active' } },
      { version: 1, by: operator.userId, event: { status: 'draft' } },
    ]);
  });

  it('is for operators; unknown events are 404 and unknown statuses 400', async () => {
    const draft = await makeEvent(service.call);
    expectProblem(await setStatus(draft.id, { status: 'scheduled' }, player), 403, 'forbidden');
    expectProblem(await setStatus('evt_nothing', { status: 'scheduled' }), 404, 'not_found');
    expectProblem(await setStatus(draft.id, { status: 'open' }), 400, 'invalid_request');
  });

  it('starts and ends by itself, each once, however many instances look after it', async () => {
    await using other = await startService({ beside: service });
    const event = await makeEvent(service.call, { startsAt: inHours(1), endsAt: inHours(2) });
    await changeStatus(service.call, event.id, 'scheduled');
    for (const [status, version] of [
      ['active', 3],
      ['ended', 4],
    ] as const) {
      for (const instance of [service, other]) instance.advance(60 * 60 * 1_000);
      await expect
        .poll(async () => (await read(event.id)).body, { timeout: 5_000 })
        .toMatchObject({ status, version });
    }
    const { items } = await versionsOf(event.id);
    expect(items.map(({ by, event: { status } }) => [by, status])).toEqual([
      ['schedule', 'ended'],
      ['schedule', 'active'],
      [operator.userId, 'scheduled'],
      [operator.userId, 'draft'],
    ]);
  });
});

describe('what the service says about itself', () => {
  it('is open to everyone: health, readiness and the API document', async () => {
    expect(await service.call('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await expect
      .poll(() => service.call('GET', '/readyz'))
      .toMatchObject({ status: 200, body: { status: 'ready' } });
    expect(await service.call('GET', '/openapi.json')).toMatchObject({
      status: 200,
      body: { openapi: '3.1.0' },
    });
  });

  it('has the number of stuck claims among its metrics', async () => {
    const metrics = await fetch(`${service.adminUrl}/metrics`).then((response) => response.text());
    expect(metrics).toMatch(/claims_stuck\{service="game-event-service"\} 0/);
  });
});
