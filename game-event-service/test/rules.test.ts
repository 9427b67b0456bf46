import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, expectProblem, type Caller } from './support/caller.ts';
import { needed } from './support/environment.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, auditor, changeStatus, claim, makeReward } from './support/scenario.ts';

let one: RunningService;
let two: RunningService;
let auth: AuthStandIn;
let stopped: string;
let extended: string;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService();
  // The other has them in its memory from its start on.
  stopped = (await activeEvent(one.call)).event.id;
  extended = (await activeEvent(one.call)).event.id;
  two = await startService({ beside: one, env: { LOG_LEVEL: 'warn' } });
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

/** A read of an event uses the cache of the instance that is asked. */
async function eligibility(call: Caller, eventId: string): Promise<unknown> {
  const { body } = await call('GET', `/v1/events/${eventId}/eligibility?accountId=acc_1`, { as: auditor });
  return body;
}

const Eligible = z.object({ eligible: z.boolean() });

/** Ends the questions that change streams have open, as a broken connection does, so that they cannot go on. */
async function breakStreams(databaseName: string): Promise<void> {
  await using client = await MongoClient.connect(needed('MONGODB_URL'));
  const admin = client.db('admin');
  const { inprog } = await admin.command({ currentOp: true, ns: `${databaseName}.events`, op: 'getmore' });
  for (const { opid } of inprog as { opid: number }[]) await admin.command({ killOp: 1, op: opid });
}

describe('the rules in memory', () => {
  it('follow what is changed at another instance within the second', async () => {
    expect(await eligibility(two.call, stopped)).toMatchObject({ eligible: true });
    await changeStatus(one.call, stopped, 'inactive');
    const changedAt = performance.now();
    let lastOutdated = 0;
    // However slow the answers are: what is asked after a second has to be right.
    while (lastOutdated < 1_000) {
      const askedAfter = performance.now() - changedAt;
      const { eligible } = Eligible.parse(await eligibility(two.call, stopped));
      if (!eligible) break;
      lastOutdated = askedAfter;
    }
    expect(lastOutdated).toBeLessThan(1_000);
  });

  it('are as an operator left them in the very next request to the same instance', async () => {
    const { event } = await activeEvent(one.call);
    for (const status of ['inactive', 'active', 'inactive', 'active', 'ended']) {
      await changeStatus(one.call, event.id, status);
      expect(await eligibility(one.call, event.id)).toMatchObject({ eligible: status === 'active' });
    }
  });

  it('are right after the stream of changes broke, also about what changed meanwhile', async () => {
    const broken = async () => {
      await breakStreams(one.db.databaseName);
      return two.logs.join('');
    };
    await expect.poll(broken, { timeout: 10_000 }).toContain('Changes of events were lost');
    const { id } = await makeReward(one.call, extended);
    await expect
      .poll(() => eligibility(two.call, extended), { timeout: 10_000 })
      .toMatchObject({ rewards: [{}, { rewardId: id }] });
    // Once it is up to date again it stays so.
    await changeStatus(one.call, extended, 'inactive');
    await expect
      .poll(() => eligibility(two.call, extended), { timeout: 10_000 })
      .toMatchObject({ eligible: false });
  });

  it('stop at once what an operator stops, at the instance that has not heard of it', async () => {
    const { event } = await activeEvent(one.call);
    await expect.poll(() => eligibility(two.call, event.id)).toMatchObject({ rewards: [{}] });
    for (let round = 0; round < 5; round += 1) {
      await changeStatus(one.call, event.id, 'inactive');
      expectProblem(await claim(two.call, event.id, account()), 409, 'event_not_active');
      await changeStatus(one.call, event.id, 'active');
      expect((await claim(two.call, event.id, account())).status).toBe(201);
    }
  });
});
