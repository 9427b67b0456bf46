import type { Identity } from 'service-kit/identity';
import { describe, expect, it } from 'vitest';
import { pageSchema } from 'service-kit/http';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { startService } from './support/running-service.ts';
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
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const { auth, service } = await startServiceWithLedger();

const readClaim = (id: string, as: Identity) => service.call('GET', `/v1/claims/${id}`, { as });
const checkIn = (eventId: string, as: Identity) =>
  service.call('POST', `/v1/events/${eventId}/check-in`, { as });

describe('a claim', () => {
  it('is answered 201 with what was granted, and the same again with 200', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 5 } });
    const player = account();
    const answer = await claim(service.call, event.id, player);
    const granted = bodyOf(answer, 201, ClaimResponse);
    expect(granted).toMatchObject({
      eventId: event.id,
      eventVersion: 2,
      rewardId: reward.id,
      accountId: player.userId,
      period: 'once',
      status: 'granted',
      attempt: 1,
      grant: {
        kind: 'currency',
        asset: 'gold',
        quantity: 100,
        ledgerEntryId: auth.ledger.get(`${granted.id}.1`),
      },
      completedAt: expect.any(String),
    });
    expect(granted).not.toHaveProperty('reason');
    expect(answer.headers.get('location')).toBe(`/v1/claims/${granted.id}`);
    expect(
      bodyOf(await claim(service.call, event.id, player, { rewardId: reward.id }), 200, ClaimResponse),
    ).toEqual(granted);
    expect((await readClaim(granted.id, player)).body).toEqual(granted);
    expect(await readReward(service.call, reward)).toMatchObject({
      stock: 5,
      available: 4,
      reserved: 0,
      granted: 1,
    });
  });

  it('that is not decided in time is answered 202 with its place, also when repeated, and is granted later', async () => {
    auth.decide = () => undefined;
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 5 } });
    const player = account();
    const answer = await claim(service.call, event.id, player, { prefer: 'respond-async, wait=0' });
    const pending = bodyOf(answer, 202, ClaimResponse);
    expect(pending.status).toBe('pending');
    expect(answer.headers.get('location')).toBe(`/v1/claims/${pending.id}`);
    expect(answer.headers.get('preference-applied')).toBe('wait=0');
    expect(bodyOf(await claim(service.call, event.id, player), 202, ClaimResponse)).toEqual(pending);
    expect(await readReward(service.call, reward)).toMatchObject({ available: 4, reserved: 1, granted: 0 });

    const pendingTag = (await readClaim(pending.id, player)).headers.get('etag');

    await expect.poll(() => auth.received.some(({ data }) => data.claimId === pending.id)).toBe(true);
    const message = auth.received.find(({ data }) => data.claimId === pending.id);
    if (message) await auth.answer(message, 'granted');
    await expect.poll(() => readClaim(pending.id, player)).toMatchObject({ body: { status: 'granted' } });
    expect(pendingTag).toMatch(/^"[\w-]{22}"$/);
    expect((await readClaim(pending.id, player)).headers.get('etag')).not.toBe(pendingTag);
    expect(await readReward(service.call, reward)).toMatchObject({ available: 4, reserved: 0, granted: 1 });
  });

  it('that the ledger refuses within the wait is answered 409 with the reason, and may be tried again', async () => {
    auth.decide = () => 'account_unknown';
    const { event, reward } = await activeEvent(service.call, {
      reward: { stock: 1, perPeriod: { day: 1 } },
    });
    const player = account();
    const refused = await claim(service.call, event.id, player);
    expectProblem(refused, 409, 'account_unknown');
    expect(await readReward(service.call, reward)).toMatchObject({ available: 1, reserved: 0, granted: 0 });
    const { claimId } = refused.body as { claimId: string };
    expect(await readClaim(claimId, player)).toMatchObject({
      body: { status: 'rejected', reason: 'account_unknown', attempt: 1, completedAt: expect.any(String) },
    });

    auth.decide = () => 'granted';
    const again = bodyOf(await claim(service.call, event.id, player), 201, ClaimResponse);
    expect(again).toMatchObject({ id: claimId, attempt: 2, status: 'granted' });
    expect(again).not.toHaveProperty('reason');
    expect(
      auth.received.filter(({ data }) => data.claimId === claimId).map(({ data }) => data.grantId),
    ).toEqual([`${claimId}.1`, `${claimId}.2`]);
  });

  it('of one account made fifty times at once is one claim', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 100 } });
    const player = account();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => claim(service.call, event.id, player)),
    );
    const claims = answers.map(({ body }) => ClaimResponse.parse(body));
    expect(new Set(claims.map(({ id }) => id)).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 201 && status !== 200 && status !== 202)).toEqual([]);
    expect(await readReward(service.call, reward)).toMatchObject({ available: 99, reserved: 0, granted: 1 });
    expect(auth.received.filter(({ data }) => data.claimId === claims[0]?.id)).toHaveLength(1);
  });

  it('can be made once in each period of the event', async () => {
    await using own = await startService({ beside: service });
    const { event } = await activeEvent(own.call, { event: { repeat: 'daily' } });
    const player = account();
    const first = bodyOf(await claim(own.call, event.id, player), 201, ClaimResponse);
    own.advance(24 * 60 * 60 * 1_000);
    const second = bodyOf(await claim(own.call, event.id, player), 201, ClaimResponse);
    expect(first.period).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(second.period > first.period).toBe(true);
    expect(bodyOf(await claim(own.call, event.id, player), 200, ClaimResponse).id).toBe(second.id);
  });

  it('carries the trace of its request to the ledger', async () => {
    const { event } = await activeEvent(service.call);
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await service.call('POST', `/v1/events/${event.id}/claims`, {
      as: account(),
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const { id } = bodyOf(answer, 201, ClaimResponse);
    expect(auth.received.find(({ data }) => data.claimId === id)).toMatchObject({
      traceparent: expect.stringContaining(traceId),
      subject: id,
    });
  });
});

describe('a claim is refused', () => {
  it('404 for an event or a reward that is not there', async () => {
    expectProblem(await claim(service.call, 'evt_nothing', account()), 404, 'not_found');
    const { event } = await activeEvent(service.call);
    expectProblem(
      await claim(service.call, event.id, account(), { rewardId: 'rwd_nothing' }),
      404,
      'not_found',
    );
  });

  it('403 for staff, and for whoever is no account', async () => {
    const { event } = await activeEvent(service.call);
    for (const roles of [['OPERATOR'], ['USER', 'AUDITOR'], ['ADMIN']] as const) {
      expectProblem(await claim(service.call, event.id, account([...roles])), 403, 'staff_cannot_claim');
    }
    expectProblem(await claim(service.call, event.id, client(['claims:read'])), 403, 'forbidden');
    expectProblem(await service.call('POST', `/v1/events/${event.id}/claims`), 401, 'unauthenticated');
  });

  it('400 where there are several rewards and none was chosen', async () => {
    const { event, reward } = await activeEvent(service.call);
    await makeReward(service.call, event.id);
    expectProblem(await claim(service.call, event.id, account()), 400, 'reward_required');
    expect((await claim(service.call, event.id, account(), { rewardId: reward.id })).status).toBe(201);
    const empty = await makeEvent(service.call);
    await changeStatus(service.call, empty.id, 'scheduled');
    expectProblem(await claim(service.call, empty.id, account()), 400, 'reward_required');
  });

  it('400 with a field that is not known', async () => {
    const { event } = await activeEvent(service.call);
    const answer = await service.call('POST', `/v1/events/${event.id}/claims`, {
      as: account(),
      body: { quantity: 9 },
    });
    expectProblem(answer, 400, 'invalid_request');
  });

  it('409 event_not_active, but what was claimed before is still answered', async () => {
    const { event } = await activeEvent(service.call);
    const [early, late] = [account(), account()];
    const granted = bodyOf(await claim(service.call, event.id, early), 201, ClaimResponse);
    await changeStatus(service.call, event.id, 'inactive');
    expectProblem(await claim(service.call, event.id, late), 409, 'event_not_active');
    expect(bodyOf(await claim(service.call, event.id, early), 200, ClaimResponse)).toEqual(granted);
    const draft = await makeEvent(service.call);
    await makeReward(service.call, draft.id);
    expectProblem(await claim(service.call, draft.id, late), 409, 'event_not_active');
  });

  it('409 event_not_active after the end, but not before its grace is over', async () => {
    await using own = await startService({ beside: service });
    const { event } = await activeEvent(own.call, {
      event: { endsAt: inHours(1), claimGraceSeconds: 3_600 },
    });
    own.advance(90 * 60 * 1_000);
    expect((await claim(own.call, event.id, account())).status).toBe(201);
    own.advance(31 * 60 * 1_000);
    expectProblem(await claim(own.call, event.id, account()), 409, 'event_not_active');
  });

  it('422 conditions_not_met with what each part of the conditions stands at', async () => {
    const { event, reward } = await activeEvent(service.call, {
      event: { condition: { metric: 'attendance.check-in', op: '>=', value: 1, over: 'event' } },
      reward: { condition: { not: { account: 'guest', op: '==', value: true } } },
    });
    const player = account();
    const answer = await claim(service.call, event.id, player);
    expectProblem(answer, 422, 'conditions_not_met');
    expect(answer.body).toMatchObject({
      conditions: {
        met: false,
        all: [
          { metric: 'attendance.check-in', current: 0, required: 1, met: false },
          { not: { account: 'guest', current: false, required: true, met: false }, met: true },
        ],
      },
    });
    await checkIn(event.id, player);
    expect(bodyOf(await claim(service.call, event.id, player), 201, ClaimResponse).rewardId).toBe(reward.id);
  });

  it('409 cap_reached by the cap of the account over all periods', async () => {
    await using own = await startService({ beside: service });
    const { event } = await activeEvent(own.call, {
      event: { repeat: 'daily' },
      reward: { perAccount: 2, stock: 9 },
    });
    const player = account();
    for (const expected of [201, 201, 409]) {
      expect((await claim(own.call, event.id, player)).status).toBe(expected);
      own.advance(24 * 60 * 60 * 1_000);
    }
    expectProblem(await claim(own.call, event.id, player), 409, 'cap_reached');
    expect((await claim(own.call, event.id, account())).status).toBe(201);
  });

  it('409 cap_reached by the cap of a day, however many claim at once, and not the day after', async () => {
    await using own = await startService({ beside: service });
    const { event } = await activeEvent(own.call, {
      event: { repeat: 'once' },
      reward: { perPeriod: { day: 3 } },
    });
    const answers = await Promise.all(Array.from({ length: 10 }, () => claim(own.call, event.id, account())));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3);
    for (const answer of answers) if (answer.status !== 201) expectProblem(answer, 409, 'cap_reached');
    own.advance(24 * 60 * 60 * 1_000);
    expect((await claim(own.call, event.id, account())).status).toBe(201);
  });

  it('409 out_of_stock when nothing is left', async () => {
    const { event } = await activeEvent(service.call, { reward: { stock: 1 } });
    expect((await claim(service.call, event.id, account())).status).toBe(201);
    expectProblem(await claim(service.call, event.id, account()), 409, 'out_of_stock');
  });
});

describe('eligibility', () => {
  const eligibility = (eventId: string, as: Identity, query = '') =>
    service.call('GET', `/v1/events/${eventId}/eligibility${query}`, { as });

  it('explains what is missing, and what can be claimed', async () => {
    const condition = { streak: 'attendance.check-in', length: 1 };
    const { event, reward } = await activeEvent(service.call, { event: { condition } });
    const gone = await makeReward(service.call, event.id, { stock: 0 });
    const player = account();
    expect(await eligibility(event.id, player)).toMatchObject({
      status: 200,
      body: {
        eligible: false,
        period: 'once',
        rewards: [
          { rewardId: reward.id, claimable: false, reason: 'conditions_not_met' },
          { rewardId: gone.id, claimable: false, reason: 'conditions_not_met' },
        ],
        conditions: {
          streak: 'attendance.check-in',
          length: 1,
          grace: 0,
          current: 0,
          required: 1,
          met: false,
        },
      },
    });
    await checkIn(event.id, player);
    expect(await eligibility(event.id, player)).toMatchObject({
      body: {
        eligible: true,
        rewards: [
          { rewardId: reward.id, claimable: true },
          { rewardId: gone.id, claimable: false, reason: 'out_of_stock' },
        ],
        conditions: { current: 1, met: true },
      },
    });
    await claim(service.call, event.id, player, { rewardId: reward.id });
    expect(await eligibility(event.id, player)).toMatchObject({
      body: { rewards: [{ claimable: false, reason: 'already_claimed' }, {}] },
    });
  });

  it('explains an event that gives nothing yet', async () => {
    const condition = { metric: 'attendance.check-in', op: '>=', value: 2 };
    const { id } = await makeEvent(service.call, { condition });
    await changeStatus(service.call, id, 'scheduled');
    const player = account();
    await checkIn(id, player);
    expect(await eligibility(id, player)).toMatchObject({
      body: { eligible: false, rewards: [], conditions: { current: 1, required: 2, met: false } },
    });
  });

  it('without a condition is everybody’s, and staff may ask for others', async () => {
    const { event } = await activeEvent(service.call);
    const player = account();
    expect(await eligibility(event.id, auditor, `?accountId=${player.userId}`)).toMatchObject({
      status: 200,
      body: { eligible: true, conditions: null },
    });
    expect(await eligibility(event.id, operator)).toMatchObject({
      body: { eligible: false, rewards: [{ reason: 'staff_cannot_claim' }] },
    });
    expectProblem(await eligibility(event.id, player, '?accountId=acc_other'), 403, 'forbidden');
    expectProblem(await eligibility('evt_nothing', player), 404, 'not_found');
  });
});

describe('the history of claims', () => {
  const Page = pageSchema(ClaimResponse);
  const list = (as: Identity, query = '') => service.call('GET', `/v1/claims${query}`, { as });

  it('is one’s own, newest first, by pages and filters', async () => {
    const player = account();
    const ids: string[] = [];
    const events: string[] = [];
    for (const wait of [0, 1, 2]) {
      auth.decide = () => (wait === 0 ? undefined : 'granted');
      const { event } = await activeEvent(service.call);
      const answer = await claim(service.call, event.id, player, wait === 0 ? { prefer: 'wait=0' } : {});
      const { id } = ClaimResponse.parse(answer.body);
      await expect.poll(() => auth.received.some(({ data }) => data.claimId === id)).toBe(true);
      ids.unshift(id);
      events.unshift(event.id);
    }
    const idsOf = async (query: string, as = player): Promise<string[]> =>
      bodyOf(await list(as, query), 200, Page).items.map(({ id }) => id);

    expect(await idsOf('')).toEqual(ids);
    const first = bodyOf(await list(player, '?limit=2'), 200, Page);
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(await idsOf(`?limit=2&cursor=${first.nextCursor}`)).toEqual(ids.slice(2));
    expectProblem(await list(player, `?status=pending&cursor=${first.nextCursor}`), 400, 'invalid_cursor');
    expectProblem(await list(account(), `?limit=2&cursor=${first.nextCursor}`), 400, 'invalid_cursor');

    expect(await idsOf('?status=granted')).toEqual(ids.slice(0, 2));
    expect(await idsOf(`?eventId=${events[1]}`)).toEqual([ids[1]]);
    const middle = first.items[1]?.createdAt ?? '';
    expect(await idsOf(`?from=${middle}`)).toEqual(ids.slice(0, 2));
    expect(await idsOf(`?to=${middle}`)).toEqual(ids.slice(2));
    expect(await idsOf(`?accountId=${player.userId}`, auditor)).toEqual(ids);
    expect(await idsOf(`?accountId=${player.userId}`, operator)).toEqual(ids);
    expect(await idsOf(`?accountId=${player.userId}`, client(['claims:read']))).toEqual(ids);
    expect(await idsOf('', auditor)).toEqual([]);
  });

  it('of others is for staff and clients with the scope', async () => {
    const { event } = await activeEvent(service.call);
    const player = account();
    const { id } = bodyOf(await claim(service.call, event.id, player), 201, ClaimResponse);
    expectProblem(await list(account(), `?accountId=${player.userId}`), 403, 'forbidden');
    expectProblem(await list(client(['accounts:read']), `?accountId=${player.userId}`), 403, 'forbidden');
    expectProblem(await list(client(['claims:read'])), 400, 'invalid_request');
    expectProblem(await readClaim(id, account()), 404, 'not_found');
    expectProblem(await readClaim(id, client(['accounts:read'])), 404, 'not_found');
    expect((await readClaim(id, client(['claims:read']))).status).toBe(200);
    expect((await readClaim(id, auditor)).status).toBe(200);
    expectProblem(await readClaim('clm_nothing', auditor), 404, 'not_found');
  });

  it('is found by an index, in its order', async () => {
    const plan = await service.db
      .collection('claims')
      .find({ $and: [{ accountId: 'acc_1' }, { createdAt: { $lt: new Date() } }] })
      .sort({ createdAt: -1, _id: -1 })
      .explain('queryPlanner');
    const stages = JSON.stringify(plan['queryPlanner'].winningPlan);
    expect(stages).toContain('IXSCAN');
    expect(stages).not.toContain('"SORT"');
  });
});
