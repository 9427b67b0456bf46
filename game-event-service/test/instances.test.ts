import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import amqp from 'amqplib';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, expectProblem } from './support/caller.ts';
import { needed } from './support/environment.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, changeStatus, claim, makeReward, readReward } from './support/scenario.ts';

let auth: AuthStandIn;
beforeAll(async () => {
  auth = await startAuthStandIn();
});
afterEach(() => {
  auth.decide = () => 'granted';
});
afterAll(() => auth[Symbol.asyncDispose]());

/** Both take part in consuming, so about half of the claims at one are settled by the other. */
async function twoInstances(env?: Record<string, string>): Promise<[RunningService, RunningService]> {
  const one = await startService(env && { env });
  return [one, await startService({ beside: one, ...(env && { env }) })];
}

describe('with two instances', () => {
  it('what an operator changes at one is in force at the other', async () => {
    const [one, two] = await twoInstances();
    await using _ = one;
    await using __ = two;
    const { event } = await activeEvent(one.call);
    expect((await claim(two.call, event.id, account())).status).toBe(201);
    await changeStatus(one.call, event.id, 'inactive');
    expectProblem(await claim(two.call, event.id, account()), 409, 'event_not_active');
    await changeStatus(one.call, event.id, 'active');
    const { id } = await makeReward(one.call, event.id, { kind: 'item', asset: 'sword', quantity: 1 });
    const answer = await claim(two.call, event.id, account(), { rewardId: id });
    expect(bodyOf(answer, 201, ClaimResponse).grant).toMatchObject({
      kind: 'item',
      asset: 'sword',
      quantity: 1,
    });
  });

  it('and without Redis, claims are answered with their outcome all the same', async () => {
    const [one, two] = await twoInstances({ REDIS_URL: 'redis://127.0.0.1:1' });
    await using _ = one;
    await using __ = two;
    const { event } = await activeEvent(one.call);
    const answers = await Promise.all(
      Array.from({ length: 40 }, (__, index) =>
        claim((index % 2 === 0 ? one : two).call, event.id, account()),
      ),
    );
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    expect(await one.call('GET', '/readyz')).toMatchObject({ status: 200, body: { status: 'degraded' } });
  });
});

describe('roles', () => {
  const onlyConsumers = z.object({ items: z.array(z.object({ queue: z.string() })) });
  const consumed = async (service: RunningService): Promise<string[]> => {
    const answer = await fetch(`${service.adminUrl}/consumers`);
    return onlyConsumers.parse(await answer.json()).items.map(({ queue }) => queue);
  };

  it('http accepts claims and answers what a worker settles; neither does the part of the other', async () => {
    await using front = await startService({ env: { ROLE: 'http' } });
    const { event, reward } = await activeEvent(front.call);
    const early = bodyOf(
      await claim(front.call, event.id, account(), { prefer: 'wait=1' }),
      202,
      ClaimResponse,
    );
    // The request has left and was answered, but there is nobody to hear it.
    await expect.poll(() => auth.ledger.has(`${early.id}.1`)).toBe(true);
    expect(await consumed(front)).toEqual([]);
    const broker = await amqp.connect(needed('RABBITMQ_URL'));
    const channel = await broker.createChannel();
    const results = await channel.checkQueue('game-event-service.reward-results');
    expect(results).toMatchObject({ messageCount: 1, consumerCount: 0 });
    await broker.close();

    await using worker = await startService({ beside: front, env: { ROLE: 'worker' } });
    expect((await consumed(worker)).toSorted()).toEqual([
      'game-event-service.account-events',
      'game-event-service.activity',
      'game-event-service.reward-results',
    ]);
    const stored = () => front.db.collection<{ _id: string }>('claims').findOne({ _id: early.id });
    await expect.poll(stored, { timeout: 10_000 }).toMatchObject({ status: 'granted' });
    const started = performance.now();
    bodyOf(await claim(front.call, event.id, account()), 201, ClaimResponse);
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await readReward(front.call, reward)).toMatchObject({ reserved: 0, granted: 2 });
  });

  it('a worker looks after deadlines and sends what it commits, but has no API', async () => {
    auth.decide = ({ type }) => (type === 'laurel.reward.cancelled.v1' ? 'cancelled' : undefined);
    await using front = await startService({ env: { ROLE: 'http' } });
    await using worker = await startService({ beside: front, env: { ROLE: 'worker' } });
    const { event } = await activeEvent(front.call);
    const answer = await claim(front.call, event.id, account(), { prefer: 'wait=0' });
    const { id } = bodyOf(answer, 202, ClaimResponse);
    worker.advance(120_000);
    const stored = () => front.db.collection<{ _id: string }>('claims').findOne({ _id: id });
    await expect.poll(stored, { timeout: 10_000 }).toMatchObject({ status: 'rejected', reason: 'cancelled' });
    expect((await worker.call('GET', '/readyz')).status).toBe(200);
    expect((await worker.call('GET', `/v1/events/${event.id}`, { as: account() })).status).toBe(404);
  });
});

describe('an instance that stops', () => {
  it('answers 202 to who waits, cuts nobody off, and leaves the claim to be settled by the next', async () => {
    auth.decide = () => undefined;
    const one = await startService();
    await using next = await startService({ beside: one });
    const { event } = await activeEvent(one.call);
    const waiting = Array.from({ length: 10 }, () => claim(one.call, event.id, account()));
    await expect
      .poll(() => auth.received.filter(({ data }) => data['eventId'] === event.id))
      .toHaveLength(10);
    const stopping = one.stop();
    const claims = (await Promise.all(waiting)).map((answer) => bodyOf(answer, 202, ClaimResponse));
    await stopping;

    for (const message of auth.received.filter(({ data }) => data['eventId'] === event.id)) {
      await auth.answer(message, 'granted');
    }
    for (const { id, accountId } of claims) {
      await expect
        .poll(() => next.call('GET', `/v1/claims/${id}`, { as: account(['USER'], accountId) }))
        .toMatchObject({ body: { status: 'granted' } });
    }
    await one[Symbol.asyncDispose]();
  });
});

it('a page whose name was made to lead to the admin port reads nothing there', async () => {
  await using service = await startService({ env: { ADMIN_ALLOWED_HOSTS: 'event-admin.internal' } });
  const statusFor = async (host: string): Promise<number | undefined> => {
    const asked = request(`${service.adminUrl}/metrics`, { headers: { host } }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer.statusCode;
  };
  expect(await statusFor('evil.example:3102')).toBe(421);
  expect(await statusFor('127.0.0.1:3102')).toBe(200);
  expect(await statusFor('event-admin.internal')).toBe(200);
});
