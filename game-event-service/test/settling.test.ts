import amqp from 'amqplib';
import { describe, expect, it } from 'vitest';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import type { AuthStandIn } from './support/auth-stand-in.ts';
import { account, bodyOf } from './support/caller.ts';
import { needed } from './support/environment.ts';
import { startService } from './support/running-service.ts';
import { activeEvent, claim, readReward } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const DEADLINE_MS = 120_000;

const { auth, service } = await startServiceWithLedger();

const stored = (id: string) => service.db.collection<{ _id: string }>('claims').findOne({ _id: id });
const messagesAbout = (claimId: string) => auth.received.filter(({ data }) => data.claimId === claimId);

/** Claims, and waits until the ledger has the request; nobody answers it. */
async function pendingClaim(eventId: string, player = account()): Promise<ClaimResponse> {
  auth.decide = () => undefined;
  const pending = bodyOf(
    await claim(service.call, eventId, player, { prefer: 'wait=0' }),
    202,
    ClaimResponse,
  );
  await expect.poll(() => messagesAbout(pending.id)).toHaveLength(1);
  return pending;
}

async function answer(claimId: string, decision: Parameters<AuthStandIn['answer']>[1]): Promise<void> {
  const [message] = messagesAbout(claimId);
  if (message) await auth.answer(message, decision);
}

/** A claim that is settled after everything that was sent before, as the queue keeps its order. */
async function claimOfAnother(): Promise<void> {
  auth.decide = () => 'granted';
  const { event } = await activeEvent(service.call);
  bodyOf(await claim(service.call, event.id, account()), 201, ClaimResponse);
}

async function publishRaw(content: string, messageId: string): Promise<void> {
  const connection = await amqp.connect(needed('RABBITMQ_URL'));
  const channel = await connection.createConfirmChannel();
  channel.publish('laurel.rewards', 'reward.granted', Buffer.from(content), { messageId, persistent: true });
  await channel.waitForConfirms();
  await connection.close();
}

describe('results', () => {
  it('that come again, in another order, with the same ids and with new ones, change nothing', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 20 } });
    let count = 0;
    auth.decide = () => (count++ % 3 === 0 ? 'account_unknown' : 'granted');
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => claim(service.call, event.id, account())),
    );
    const statuses = answers.map(({ status }) => status);
    expect([201, 409].map((status) => statuses.filter((each) => each === status).length)).toEqual([8, 4]);
    const settled = { stock: 20, available: 12, reserved: 0, granted: 8 };
    expect(await readReward(service.call, reward)).toMatchObject(settled);
    const claims = await service.db
      .collection('claims')
      .find({ rewardId: reward.id })
      .sort({ _id: 1 })
      .toArray();

    await auth.repeatAnswers('same');
    await auth.repeatAnswers('new');
    await claimOfAnother();
    expect(await readReward(service.call, reward)).toMatchObject(settled);
    expect(
      await service.db.collection('claims').find({ rewardId: reward.id }).sort({ _id: 1 }).toArray(),
    ).toEqual(claims);
  });

  it('about an attempt that is over do not touch the one that follows it', async () => {
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
    const player = account();
    const { id } = await pendingClaim(event.id, player);
    await answer(id, 'cancelled');
    await expect.poll(() => stored(id)).toMatchObject({ status: 'rejected', reason: 'cancelled' });
    bodyOf(await claim(service.call, event.id, player, { prefer: 'wait=0' }), 202, ClaimResponse);
    await expect.poll(() => messagesAbout(id)).toHaveLength(2);
    await auth.repeatAnswers('new');
    await claimOfAnother();
    expect(await stored(id)).toMatchObject({ status: 'pending', attempt: 2, grantId: `${id}.2` });
    expect(await readReward(service.call, reward)).toMatchObject({ available: 0, reserved: 1, granted: 0 });
  });

  it('of refusal give back stock and caps', async () => {
    const { event, reward } = await activeEvent(service.call, {
      event: { repeat: 'daily' },
      reward: { stock: 1, perAccount: 1, perPeriod: { day: 1 } },
    });
    const player = account();
    const { id } = await pendingClaim(event.id, player);
    expect((await claim(service.call, event.id, account())).status).toBe(409);
    await answer(id, 'account_deleted');
    await expect
      .poll(() => readReward(service.call, reward))
      .toMatchObject({ available: 1, reserved: 0, granted: 0 });
    auth.decide = () => 'granted';
    expect((await claim(service.call, event.id, player)).status).toBe(201);
  });

  it('that cannot be read are dead at once and hold nobody up', async () => {
    const { event } = await activeEvent(service.call);
    await publishRaw(
      '{"specversion":"1.0","id":"1","source":"x","type":"laurel.reward.granted.v1","data":{}}',
      'bad-1',
    );
    await publishRaw('not json', 'bad-2');
    expect((await claim(service.call, event.id, account())).status).toBe(201);
    expect(service.logs.filter((line) => line.includes('Message dead-lettered: unreadable'))).toHaveLength(2);

    const connection = await amqp.connect(needed('RABBITMQ_URL'));
    const channel = await connection.createChannel();
    const reasons = new Map<unknown, unknown>();
    await expect
      .poll(async () => {
        const message = await channel.get('game-event-service.reward-results.dead', { noAck: true });
        if (message) reasons.set(message.properties.messageId, message.properties.headers?.['x-reason']);
        return [reasons.get('bad-1'), reasons.get('bad-2')];
      })
      .toEqual([expect.stringContaining('unexpected content'), 'malformed JSON']);
    await connection.close();
  });
});

describe('a claim that nobody decides about', () => {
  it('asks for its cancellation at the deadline and again, each time with a new message, once over all instances', async () => {
    await using other = await startService({ beside: service });
    const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
    const { id } = await pendingClaim(event.id);
    const cancellations = () => messagesAbout(id).filter(({ type }) => type === 'laurel.reward.cancelled.v1');

    for (const times of [1, 2]) {
      for (const instance of [service, other]) instance.advance(DEADLINE_MS);
      await expect.poll(cancellations, { timeout: 5_000 }).toHaveLength(times);
    }
    expect(cancellations()).toMatchObject([
      { data: { grantId: `${id}.1`, reason: 'deadline_passed' } },
      { data: { grantId: `${id}.1`, reason: 'deadline_passed' } },
    ]);
    expect(new Set(messagesAbout(id).map((message) => message.id)).size).toBe(3);
    // Flagged, but not decided: only the ledger does that.
    const metrics = (): Promise<string> =>
      fetch(`${service.adminUrl}/metrics`).then((response) => response.text());
    await expect.poll(metrics).toMatch(/claims_stuck\{service="game-event-service"\} [1-9]/);
    expect(await stored(id)).toMatchObject({ status: 'pending', waiting: { stuckSince: expect.any(Date) } });
    const flags = [...service.logs, ...other.logs].filter(
      (line) => line.includes('stuck') && line.includes(id),
    );
    expect(flags).toHaveLength(1);

    await answer(id, 'cancelled');
    await expect.poll(() => stored(id)).toMatchObject({ status: 'rejected', reason: 'cancelled' });
    expect(await stored(id)).not.toHaveProperty('waiting');
    expect(await readReward(service.call, reward)).toMatchObject({ available: 1, reserved: 0, granted: 0 });
  });

  it.each([
    ['due', { 'waiting.lookAt': { $lte: new Date() } }, { 'waiting.lookAt': 1 }],
    ['stuck', { 'waiting.stuckSince': { $exists: true } }, {}],
  ] as const)('is found by an index when it is %s', async (_, filter, sort) => {
    const plan = await service.db.collection('claims').find(filter, { sort }).explain('queryPlanner');
    const stages = JSON.stringify(plan['queryPlanner'].winningPlan);
    expect(stages).toContain('IXSCAN');
    expect(stages).not.toContain('"SORT"');
  });
});

it('a grant that comes although its cancellation was asked for stands', async () => {
  const { event, reward } = await activeEvent(service.call, { reward: { stock: 1 } });
  const { id } = await pendingClaim(event.id);
  service.advance(DEADLINE_MS);
  await expect.poll(() => messagesAbout(id), { timeout: 5_000 }).toHaveLength(2);
  await answer(id, 'granted');
  await expect.poll(() => stored(id)).toMatchObject({ status: 'granted' });
  expect(await readReward(service.call, reward)).toMatchObject({ available: 0, reserved: 0, granted: 1 });
});
