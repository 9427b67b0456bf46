import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, changeStatus, claim, makeReward } from './support/scenario.ts';

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
