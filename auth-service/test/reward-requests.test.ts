import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REWARD_REQUESTS } from '../src/ledger/reward-requests-consumer.ts';
import { balanceOf, expectBalanceToBeSumOfLedger } from './books.ts';
import { staff } from './call.ts';
import { answersTo, cancel, newClaim, request } from './claims.ts';
import { register, type Player } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
let player: Player;

beforeAll(async () => {
  // Batches that are large and wait, so that what belongs together meets in one.
  const env = { REWARD_REQUESTS_BATCH_LINGER_MS: '50', REWARD_REQUESTS_CONSUMERS: '2' };
  system = await startSystem({ instances: 2, env });
  player = await register(system);
});
afterAll(() => system.stop());

const collection = (name: string) => system.db.collection<{ _id: string }>(name);

const goldOf = (accountId: string): Promise<number> => balanceOf(system, accountId);

describe('a requested reward', () => {
  it('is decided, entered, added to the balance, and answered with the trace of the request', async () => {
    const claim = newClaim(player.id);
    const before = await goldOf(player.id);
    request(system, claim, 70);
    const [answer] = await answersTo(system, claim, 1);
    const ledgerEntryId = expect.stringMatching(/^led_[\w-]{22}$/);
    expect(answer).toMatchObject({
      type: 'laurel.reward.granted.v1',
      source: 'auth-service',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      data: { ...claim, ledgerEntryId, grantedAt: expect.any(String) },
    });
    expect(await collection('grantDecisions').findOne({ _id: claim.grantId })).toMatchObject({
      outcome: 'granted',
    });
    expect(await goldOf(player.id)).toBe(before + 70);

    const owned = await system.call('GET', '/v1/me/entitlements', { as: player.as });
    expect(owned.body).toEqual({
      items: [{ kind: 'currency', asset: 'gold', quantity: before + 70 }],
      nextCursor: null,
    });
    const ledger = await system.call('GET', '/v1/me/entitlements/ledger?limit=1', { as: player.as });
    expect(ledger.body['items']).toEqual([
      {
        id: ledgerEntryId,
        grantId: claim.grantId,
        kind: 'grant',
        asset: 'gold',
        quantity: 70,
        balanceAfter: before + 70,
        reason: `claim ${claim.claimId}`,
        at: expect.any(String),
      },
    ]);
  });

  it.each([
    ['banned', 'account_banned'],
    ['deleted', 'account_deleted'],
  ])('of an account that is %s is refused, and nothing is entered', async (status, code) => {
    const { id } = await register(system);
    await collection('accounts').updateOne({ _id: id }, { $set: { status } });
    const claim = newClaim(id);
    request(system, claim);
    expect(await answersTo(system, claim, 1)).toMatchObject([
      { type: 'laurel.reward.refused.v1', data: { ...claim, code } },
    ]);
    expect(await collection('ledger').countDocuments({ accountId: id })).toBe(0);
  });

  it('of an account that nobody knows is refused', async () => {
    const claim = newClaim('acc_nobody');
    request(system, claim);
    expect(await answersTo(system, claim, 1)).toMatchObject([{ data: { code: 'account_unknown' } }]);
  });

  it('delivered twice under one id counts once and is answered once', async () => {
    const claim = newClaim(player.id);
    const before = await goldOf(player.id);
    const id = request(system, claim, 5);
    await answersTo(system, claim, 1);
    request(system, claim, 5, id);
    // Later messages are handled after it, or beside it. The test waits for both.
    const next = newClaim(player.id);
    request(system, next, 1);
    await answersTo(system, next, 1);
    await eventually(async () =>
      expect((await system.channel.checkQueue(REWARD_REQUESTS)).messageCount).toBe(0),
    );
    await answersTo(system, claim, 1);
    expect(await goldOf(player.id)).toBe(before + 6);
  });

  it('asked for again under another id changes nothing and is answered as before', async () => {
    const claim = newClaim(player.id);
    const before = await goldOf(player.id);
    request(system, claim, 5);
    const [first] = await answersTo(system, claim, 1);
    request(system, claim, 5);
    cancel(system, claim);
    const answers = await answersTo(system, claim, 3);
    for (const answer of answers) expect(answer.data).toEqual(first?.data);
    expect(await goldOf(player.id)).toBe(before + 5);
  });

  it('several times in one batch is decided once and answered each time', async () => {
    const claim = newClaim(player.id);
    const before = await goldOf(player.id);
    for (let copy = 0; copy < 20; copy += 1) request(system, claim, 5);
    await answersTo(system, claim, 20);
    expect(await goldOf(player.id)).toBe(before + 5);
    expect(await collection('ledger').countDocuments({ grantId: claim.grantId })).toBe(1);
  });

  it('after its cancellation is refused as cancelled', async () => {
    const claim = newClaim(player.id);
    cancel(system, claim);
    expect(await answersTo(system, claim, 1)).toMatchObject([{ data: { ...claim, code: 'cancelled' } }]);
    request(system, claim);
    const answers = await answersTo(system, claim, 2);
    expect(answers.map(({ type }) => type)).toEqual(['laurel.reward.refused.v1', 'laurel.reward.refused.v1']);
    expect(await collection('ledger').countDocuments({ grantId: claim.grantId })).toBe(0);
  });

  it('in any order among hundreds, with repetitions and cancellations, keeps one decision and the sum', async () => {
    const owner = await register(system);
    const claims = Array.from({ length: 100 }, () => newClaim(owner.id));
    const sends = claims.flatMap((claim) => [
      () => request(system, claim, 3),
      () => request(system, claim, 3),
      ...(claims.indexOf(claim) % 4 === 0 ? [() => cancel(system, claim)] : []),
    ]);
    for (const send of sends.toSorted(() => Math.random() - 0.5)) send();

    for (const claim of claims) {
      const answers = await answersTo(system, claim, claims.indexOf(claim) % 4 === 0 ? 3 : 2);
      expect(new Set(answers.map(({ type }) => type)).size).toBe(1);
    }
    const granted = await collection('grantDecisions').countDocuments({
      accountId: owner.id,
      outcome: 'granted',
    });
    expect(await goldOf(owner.id)).toBe(granted * 3);
    await expectBalanceToBeSumOfLedger(system, owner.id);
  });

  it('to many in one batch moves each balance by its own, those that move alike and those that do not', async () => {
    const owners = await Promise.all(Array.from({ length: 4 }, () => register(system)));
    const opened = owners.map(({ id }) => newClaim(id));
    for (const claim of opened) request(system, claim, 1);
    for (const claim of opened) await answersTo(system, claim, 1);

    const quantities = [[5], [5], [2, 3], [7]];
    const claims = owners.flatMap(({ id }, index) =>
      (quantities[index] ?? []).map((quantity) => ({ claim: newClaim(id), quantity })),
    );
    for (const { claim, quantity } of claims) request(system, claim, quantity);
    for (const { claim } of claims) await answersTo(system, claim, 1);
    expect(await Promise.all(owners.map(({ id }) => goldOf(id)))).toEqual([6, 6, 6, 8]);
    for (const { id } of owners) await expectBalanceToBeSumOfLedger(system, id);
    const counted = await system.db
      .collection('balances')
      .find({ accountId: { $in: owners.map(({ id }) => id) } })
      .sort({ entries: 1 })
      .toArray();
    expect(counted.map((balance) => balance['entries'])).toEqual([2, 2, 2, 3]);
  });

  it('that races with a ban is granted before it or refused after it, and never half', async () => {
    const owner = await register(system);
    const claims = Array.from({ length: 40 }, () => newClaim(owner.id));
    const json = { status: 'banned', reason: 'speed hack' };
    const [first, second] = [claims.slice(0, 20), claims.slice(20)];
    for (const claim of first) request(system, claim, 1);
    const banned = system.call('PUT', `/v1/accounts/${owner.id}/status`, { json, as: staff('ADMIN') });
    for (const claim of second) request(system, claim, 1);
    expect((await banned).status).toBe(200);
    const afterwards = newClaim(owner.id);
    request(system, afterwards, 1);

    const answers = await Promise.all(claims.map((claim) => answersTo(system, claim, 1)));
    const granted = answers.filter(([answer]) => answer?.type === 'laurel.reward.granted.v1').length;
    expect(await goldOf(owner.id)).toBe(granted);
    expect(await answersTo(system, afterwards, 1)).toMatchObject([{ data: { code: 'account_banned' } }]);
    await expectBalanceToBeSumOfLedger(system, owner.id);
  });
});

describe('a message that cannot be handled', () => {
  it('because it does not parse is dead at once and harms no other', async () => {
    const before = await system.dead();
    const claim = newClaim(player.id);
    const data = { ...newClaim(player.id), reward: { kind: 'currency', asset: 'gold', quantity: -5 } };
    system.publish('reward.requested', data);
    system.publish('reward.requested', {}, { raw: '{"not json' });
    request(system, claim);
    expect(await answersTo(system, claim, 1)).toMatchObject([{ type: 'laurel.reward.granted.v1' }]);
    await eventually(async () => expect(await system.dead()).toBe(before + 2));
    expect(system.log).toContainEqual(
      expect.objectContaining({ level: 'error', queue: REWARD_REQUESTS, messageId: expect.any(String) }),
    );
  });

  it('because a balance would be too large is set aside alone', async () => {
    const owner = await register(system);
    const [large, other, beside] = [newClaim(owner.id), newClaim(owner.id), newClaim(player.id)];
    request(system, large, Number.MAX_SAFE_INTEGER);
    await answersTo(system, large, 1);
    request(system, other, 1);
    request(system, beside, 1);
    await answersTo(system, beside, 1);
    const retry = `${REWARD_REQUESTS}.retry.5s`;
    await eventually(async () => expect((await system.channel.checkQueue(retry)).messageCount).toBe(1));
    await system.channel.purgeQueue(retry);
    expect(await goldOf(owner.id)).toBe(Number.MAX_SAFE_INTEGER);
  });
});
