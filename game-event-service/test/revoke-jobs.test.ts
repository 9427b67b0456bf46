import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { agree, startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, auditor, claim, makeReward, operator, readReward } from './support/scenario.ts';

const eventually = { timeout: 20_000, interval: 50 };
const RATE = 20;

const Job = z.strictObject({
  id: z.string(),
  state: z.enum(['running', 'done']),
  filter: z.record(z.string(), z.string()),
  reason: z.string(),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  matched: z.int(),
  requested: z.int(),
  revoked: z.int(),
  refused: z.int(),
  rate: z.literal(RATE),
});
const Preview = z.strictObject({ count: z.int(), sample: z.array(ClaimResponse) });

let auth: AuthStandIn;
let one: RunningService;
let two: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService({ env: { REVOKE_JOB_RATE: String(RATE) } });
  two = await startService({ beside: one, env: { REVOKE_JOB_RATE: String(RATE) } });
});
afterEach(() => {
  auth.decide = agree;
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const post = (body: object, headers: Record<string, string> = {}, at = one) =>
  at.call('POST', '/v1/claims/revoke-jobs', { as: operator, body, headers });
const start = async (filter: object, reason = 'granted by mistake') =>
  bodyOf(await post({ filter, reason }), 202, Job);
const read = async (id: string) =>
  bodyOf(await two.call('GET', `/v1/claims/revoke-jobs/${id}`, { as: auditor }), 200, Job);

function claims(eventId: string, count: number, rewardId?: string): Promise<ClaimResponse[]> {
  const more = rewardId === undefined ? {} : { rewardId };
  return Promise.all(
    Array.from({ length: count }, async () =>
      bodyOf(await claim(one.call, eventId, account(), more), 201, ClaimResponse),
    ),
  );
}

/** How many claims of the event have each status. */
async function statuses(eventId: string): Promise<Record<string, number>> {
  const found = await one.db.collection('claims').find({ eventId }).toArray();
  const counts: Record<string, number> = {};
  for (const { status } of found) counts[String(status)] = (counts[String(status)] ?? 0) + 1;
  return counts;
}

const requestsAbout = (of: readonly ClaimResponse[]) => {
  const ids = new Set(of.map(({ id }) => id));
  return auth.received.filter(
    ({ type, data }) => type === 'laurel.reward.revoke-requested.v1' && ids.has(data.claimId),
  );
};

describe('a revoke job', () => {
  it('revokes what fits its filter, each claim once over all instances, and tells how far it has come', async () => {
    const { event, reward } = await activeEvent(one.call, { reward: { stock: 100 } });
    const other = await makeReward(one.call, event.id, { asset: 'silver' });
    const wrong = await claims(event.id, 35, reward.id);
    await claims(event.id, 3, other.id);
    const job = await start({ eventId: event.id, rewardId: reward.id }, 'a bad day');
    expect(job).toMatchObject({
      state: 'running',
      filter: { eventId: event.id, rewardId: reward.id },
      reason: 'a bad day',
      createdBy: operator.userId,
      matched: 35,
      requested: 0,
    });

    const done = { state: 'done', matched: 35, requested: 35, revoked: 35, refused: 0 };
    await expect.poll(() => read(job.id), eventually).toMatchObject(done);
    expect(await statuses(event.id)).toEqual({ revoked: 35, granted: 3 });
    const requests = requestsAbout(wrong);
    expect(new Set(requests.map(({ data }) => data.claimId)).size).toBe(35);
    expect(requests).toHaveLength(35);
    expect(requests[0]).toMatchObject({ data: { reason: 'a bad day', actorId: operator.userId } });
    expect(await readReward(one.call, reward)).toMatchObject({ available: 65, reserved: 0, granted: 35 });
  });

  it('counts what the ledger refuses, and leaves it alone from then on', async () => {
    const { event } = await activeEvent(one.call);
    const made = await claims(event.id, 6);
    const spent = new Set(made.slice(0, 2).map(({ id }) => id));
    auth.decide = ({ data }) => (spent.has(data.claimId) ? 'insufficient_balance' : 'revoked');
    const { id } = await start({ eventId: event.id });
    await expect
      .poll(() => read(id), eventually)
      .toMatchObject({ state: 'done', requested: 6, revoked: 4, refused: 2 });
    expect(await statuses(event.id)).toEqual({ revoked: 4, granted: 2 });
    expect(requestsAbout(made)).toHaveLength(6);
  });

  it('touches nothing that was made or granted after it began', async () => {
    const { event } = await activeEvent(one.call);
    auth.decide = agree;
    await claims(event.id, 25);
    auth.decide = ({ type }) => (type === 'laurel.reward.revoke-requested.v1' ? 'revoked' : undefined);
    const late = await claim(one.call, event.id, account(), { prefer: 'wait=0' });
    const pending = bodyOf(late, 202, ClaimResponse);
    const request = () => auth.received.find(({ data }) => data.claimId === pending.id);
    await expect.poll(request, eventually).toBeDefined();

    const { id, matched } = await start({ eventId: event.id });
    expect(matched).toBe(25);
    const message = request();
    if (message) await auth.answer(message, 'granted');
    auth.decide = agree;
    const [after] = await claims(event.id, 1);
    await expect.poll(() => read(id), eventually).toMatchObject({ state: 'done', revoked: 25 });
    const untouched = await one.db
      .collection('claims')
      .find({ eventId: event.id, status: 'granted' })
      .toArray();
    expect(new Set(untouched.map(({ _id }) => String(_id)))).toEqual(new Set([after?.id, pending.id]));
  });

  it('that is asked for again with its key is the same job, even where its answer was lost', async () => {
    const { event } = await activeEvent(one.call);
    await claims(event.id, 2);
    const key = { 'idempotency-key': randomUUID() };
    const body = { filter: { eventId: event.id }, reason: 'once' };
    const first = bodyOf(await post(body, key), 202, Job);
    expect(bodyOf(await post(body, key, two), 202, Job).id).toBe(first.id);
    expectProblem(await post({ ...body, reason: 'twice' }, key), 422, 'idempotency_key_reused');
    await one.db.collection('idempotencyKeys').deleteMany({});
    expect(bodyOf(await post(body, key), 202, Job).id).toBe(first.id);
    expect(await one.db.collection('revokeJobs').countDocuments({ 'filter.eventId': event.id })).toBe(1);
  });
});

it('a preview says how many claims a job would revoke and shows some, and does nothing', async () => {
  const { event } = await activeEvent(one.call);
  const made = await claims(event.id, 12);
  const [player] = made;
  const jobs = await one.db.collection('revokeJobs').countDocuments();
  const filter = { eventId: event.id };
  const { count, sample } = bodyOf(await post({ filter, reason: 'why', preview: true }), 200, Preview);
  expect(count).toBe(12);
  expect(sample).toHaveLength(10);
  const narrower = { accountId: player?.accountId, from: player?.createdAt };
  const only = bodyOf(await post({ filter: narrower, reason: 'why', preview: true }), 200, Preview);
  expect(only).toMatchObject({ count: 1, sample: [{ id: player?.id }] });
  const none = { ...filter, to: '2020-01-01T00:00:00+09:00' };
  expect(bodyOf(await post({ filter: none, reason: 'why', preview: true }), 200, Preview)).toEqual({
    count: 0,
    sample: [],
  });
  expect(await statuses(event.id)).toEqual({ granted: 12 });
  expect(await one.db.collection('revokeJobs').countDocuments()).toBe(jobs);
});

it('revoke jobs are for operators, with a reason and a filter that names an event or an account', async () => {
  const body = { filter: { eventId: 'evt_1' }, reason: 'why' };
  const target = '/v1/claims/revoke-jobs';
  expectProblem(await one.call('POST', target, { body }), 401, 'unauthenticated');
  for (const as of [account(), auditor, client(['claims:read'])]) {
    expectProblem(await one.call('POST', target, { as, body }), 403, 'forbidden');
  }
  for (const wrong of [
    { reason: 'why' },
    { filter: {}, reason: 'why' },
    { filter: { rewardId: 'rwd_1' }, reason: 'why' },
    { filter: { eventId: 'evt_1', status: 'rejected' }, reason: 'why' },
    { filter: { eventId: 'evt_1', from: 'yesterday' }, reason: 'why' },
    { filter: { eventId: 'evt_1' } },
    { ...body, preview: 'yes' },
  ]) {
    expectProblem(await post(wrong), 400, 'invalid_request');
  }
  expectProblem(await one.call('GET', `${target}/rvj_1`, {}), 401, 'unauthenticated');
  expectProblem(await one.call('GET', `${target}/rvj_1`, { as: account() }), 403, 'forbidden');
  expectProblem(await one.call('GET', `${target}/rvj_1`, { as: operator }), 404, 'not_found');
});

it.each([
  ['event', { eventId: 'evt_1' }],
  ['account', { accountId: 'acc_1' }],
])('the claims of one %s are walked through along an index, without sorting', async (_, filter) => {
  const plan = await one.db
    .collection('claims')
    .find({ ...filter, createdAt: { $lt: new Date() }, status: 'granted', completedAt: { $lt: new Date() } })
    .sort({ createdAt: -1, _id: -1 })
    .explain('queryPlanner');
  const stages = JSON.stringify(plan['queryPlanner'].winningPlan);
  expect(stages).toContain('IXSCAN');
  expect(stages).not.toContain('"SORT"');
});
