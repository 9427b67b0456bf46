import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { agree, startAuthStandIn, type AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf, client, expectProblem, type Answer } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, auditor, claim, operator, readReward } from './support/scenario.ts';

const DEADLINE_MS = 120_000;
const eventually = { timeout: 15_000, interval: 50 };

let auth: AuthStandIn;
let one: RunningService;
let two: RunningService;
beforeAll(async () => {
  auth = await startAuthStandIn();
  one = await startService();
  two = await startService({ beside: one });
});
afterEach(() => {
  auth.decide = agree;
});
afterAll(async () => {
  await two[Symbol.asyncDispose]();
  await one[Symbol.asyncDispose]();
  await auth[Symbol.asyncDispose]();
});

const revoke = (id: string, body: object = { reason: 'granted by mistake' }, as = operator, at = one) =>
  at.call('POST', `/v1/claims/${id}/revoke`, { as, body });
const read = async (id: string): Promise<ClaimResponse> =>
  bodyOf(await one.call('GET', `/v1/claims/${id}`, { as: auditor }), 200, ClaimResponse);
const accepted = (answer: Answer): ClaimResponse => bodyOf(answer, 202, ClaimResponse);
const requestsFor = (id: string) =>
  auth.received.filter(
    ({ type, data }) => type === 'laurel.reward.revoke-requested.v1' && data.claimId === id,
  );

async function granted(more: { event?: object; reward?: object } = {}) {
  const { event, reward } = await activeEvent(one.call, more);
  const player = account();
  const { id } = bodyOf(await claim(one.call, event.id, player), 201, ClaimResponse);
  return { id, event, reward, player };
}

/** A claim that is being revoked. The ledger is silent about it. */
async function revoking() {
  const stage = await granted();
  auth.decide = () => undefined;
  accepted(await revoke(stage.id));
  await expect.poll(() => requestsFor(stage.id), eventually).toHaveLength(1);
  return stage;
}

async function answer(id: string, decision: 'revoked' | 'insufficient_balance'): Promise<void> {
  const message = requestsFor(id).at(-1);
  if (message) await auth.answer(message, decision);
}

describe('a revoke', () => {
  it('makes a granted claim revoking, asks the ledger with reason and operator, and ends as revoked', async () => {
    const { id, player } = await granted();
    const response = await revoke(id, { reason: '  granted by mistake ' });
    expect(accepted(response)).toMatchObject({
      id,
      status: 'revoking',
      revocation: { reason: 'granted by mistake', requestedAt: expect.any(String) },
    });
    expect(response.headers.get('location')).toBe(`/v1/claims/${id}`);

    await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
    expect(await read(id)).toMatchObject({
      grant: { kind: 'currency', ledgerEntryId: auth.ledger.get(`${id}.1`) },
      revocation: { ledgerEntryId: auth.reversals.get(`${id}.1`), completedAt: expect.any(String) },
    });
    expect(requestsFor(id)).toMatchObject([
      {
        data: {
          grantId: `${id}.1`,
          revokeId: `${id}.1.r1`,
          accountId: player.userId,
          reason: 'granted by mistake',
          actorId: operator.userId,
        },
      },
    ]);
    const stored = await one.db.collection<{ _id: string }>('claims').findOne({ _id: id });
    expect(stored).toMatchObject({ revocation: { by: operator.userId, reason: 'granted by mistake' } });
    expect(stored).not.toHaveProperty('waiting');
  });

  it('that the ledger refuses leaves the claim granted, says why, and may be tried again as a new attempt', async () => {
    const { id } = await granted();
    auth.decide = () => 'insufficient_balance';
    accepted(await revoke(id));
    await expect
      .poll(() => read(id), eventually)
      .toMatchObject({ status: 'granted', revokeRefused: 'insufficient_balance' });

    auth.decide = agree;
    const again = accepted(await revoke(id, { reason: 'earned since' }));
    expect(again).toMatchObject({ status: 'revoking', revocation: { reason: 'earned since' } });
    expect(again).not.toHaveProperty('revokeRefused');
    await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
    expect(requestsFor(id).map(({ data }) => data.revokeId)).toEqual([`${id}.1.r1`, `${id}.1.r2`]);
  });

  it('that is repeated, at once by many or later, is one attempt with one reason', async () => {
    const { id } = await granted();
    auth.decide = () => undefined;
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        revoke(id, { reason: `reason ${index}` }, operator, index % 2 ? one : two),
      ),
    );
    const reasons = answers.map((each) => accepted(each).revocation?.reason);
    expect(new Set(reasons).size).toBe(1);
    await expect.poll(() => requestsFor(id), eventually).toHaveLength(1);
    await answer(id, 'revoked');
    await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
    expect(accepted(await revoke(id, { reason: 'too late' }))).toMatchObject({
      status: 'revoked',
      revocation: { reason: reasons[0] },
    });
    expect(requestsFor(id)).toHaveLength(1);
  });

  it('takes nothing from what counts as granted: no unit is free again, no cap, and nobody claims it twice', async () => {
    const { id, event, reward, player } = await granted({
      event: { repeat: 'daily' },
      reward: { stock: 5, perAccount: 1, perPeriod: { day: 1 } },
    });
    accepted(await revoke(id));
    await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
    expect(await readReward(one.call, reward)).toMatchObject({ available: 4, reserved: 0, granted: 1 });
    expectProblem(await claim(one.call, event.id, account()), 409, 'cap_reached');
    expect(bodyOf(await claim(one.call, event.id, player), 200, ClaimResponse)).toMatchObject({
      id,
      status: 'revoked',
    });
    expect(await one.call('GET', `/v1/events/${event.id}/eligibility`, { as: player })).toMatchObject({
      body: { rewards: [{ claimable: false, reason: 'already_claimed' }] },
    });
  });

  it('is for operators, with a reason, and for claims that are granted', async () => {
    const { id, event, player } = await granted();
    expectProblem(await one.call('POST', `/v1/claims/${id}/revoke`, { body: {} }), 401, 'unauthenticated');
    for (const as of [player, auditor, client(['claims:read'])]) {
      expectProblem(await revoke(id, { reason: 'no' }, as), 403, 'forbidden');
    }
    for (const body of [{}, { reason: ' ' }, { reason: 'x'.repeat(501) }, { reason: 'a', force: true }]) {
      expectProblem(await revoke(id, body), 400, 'invalid_request');
    }
    expectProblem(await revoke('clm_unknown'), 404, 'not_found');

    auth.decide = ({ data }) => (data['eventId'] === event.id ? undefined : 'cancelled');
    const pending = await claim(one.call, event.id, account(), { prefer: 'wait=0' });
    expectProblem(await revoke(accepted(pending).id), 409, 'claim_not_granted');
    const other = await activeEvent(one.call);
    const refused = await claim(one.call, other.event.id, account());
    expectProblem(refused, 409, 'cancelled');
    const { claimId } = refused.body as { claimId: string };
    expectProblem(await revoke(claimId), 409, 'claim_not_granted');
    expect(await read(id)).not.toHaveProperty('revocation');
  });
});

describe('a revoke that nobody answers', () => {
  it('is asked for again each deadline as the same attempt, once over all instances, and flagged', async () => {
    const { id } = await revoking();
    for (const times of [2, 3]) {
      for (const instance of [one, two]) instance.advance(DEADLINE_MS);
      await expect.poll(() => requestsFor(id), eventually).toHaveLength(times);
    }
    expect(new Set(requestsFor(id).map((message) => message.id)).size).toBe(3);
    expect(new Set(requestsFor(id).map(({ data }) => data.revokeId)).size).toBe(1);
    const stored = () => one.db.collection<{ _id: string }>('claims').findOne({ _id: id });
    expect(await stored()).toMatchObject({ status: 'revoking', waiting: { stuckSince: expect.any(Date) } });

    await answer(id, 'revoked');
    await expect.poll(stored, eventually).toMatchObject({ status: 'revoked' });
    expect(await stored()).not.toHaveProperty('waiting');
  });

  it('is not cancelled when its account is banned: what undoes a grant asks for no status', async () => {
    const { id, player } = await revoking();
    const accountEvent = { accountId: player.userId, accountVersion: 9, status: 'banned', reason: 'cheated' };
    await auth.account('status-changed', accountEvent);
    const accounts = one.db.collection<{ _id: string }>('accounts');
    await expect
      .poll(() => accounts.findOne({ _id: player.userId }), eventually)
      .toMatchObject({ status: 'banned' });
    expect(await read(id)).toMatchObject({ status: 'revoking' });
    await answer(id, 'revoked');
    await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
  });
});

it('answers about an earlier attempt, and repetitions of any, do not touch the one under way', async () => {
  const { id } = await revoking();
  await answer(id, 'insufficient_balance');
  await expect.poll(() => read(id), eventually).toMatchObject({ status: 'granted' });
  auth.decide = () => undefined;
  accepted(await revoke(id));
  await expect.poll(() => requestsFor(id), eventually).toHaveLength(2);
  await auth.repeatAnswers('same');
  await auth.repeatAnswers('new');
  // Settled after everything above, as the queue keeps its order.
  auth.decide = agree;
  await granted();
  expect(await read(id)).toMatchObject({ status: 'revoking' });
  await answer(id, 'revoked');
  await expect.poll(() => read(id), eventually).toMatchObject({ status: 'revoked' });
});
