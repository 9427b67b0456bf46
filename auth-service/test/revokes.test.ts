import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { balanceOf, expectBalanceToBeSumOfLedger } from './books.ts';
import { staff } from './call.ts';
import { answersTo, cancel, newClaim, request, revoke, type Claim } from './claims.ts';
import { give, spend } from './orders.ts';
import { register, type Player } from './player.ts';
import { startSystem, type System } from './system.ts';

let system: System;
let player: Player;

beforeAll(async () => {
  const env = { REWARD_REQUESTS_BATCH_LINGER_MS: '50', REWARD_REQUESTS_CONSUMERS: '2' };
  system = await startSystem({ instances: 2, env });
});
afterAll(() => system.stop());

async function granted(owner: Player, quantity: number): Promise<Claim> {
  const claim = newClaim(owner.id);
  request(system, claim, quantity);
  await answersTo(system, claim, 1);
  return claim;
}
const typesOf = (answers: { type: string }[]): string[] => answers.map(({ type }) => type);
const entriesOf = (claim: Claim) =>
  system.db.collection('ledger').find({ grantId: claim.grantId }).sort({ sequence: 1 }).toArray();

describe('a revoke', () => {
  beforeAll(async () => {
    player = await register(system);
  });

  it('enters a reversal, which the owner sees in the ledger, and leaves the grant as it was', async () => {
    const claim = await granted(player, 70);
    const [grant] = await entriesOf(claim);
    revoke(system, claim, 'rvk_1');
    const [, answer] = await answersTo(system, claim, 2);
    expect(answer).toMatchObject({
      type: 'laurel.reward.revoked.v1',
      traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
      data: { ...claim, revokeId: 'rvk_1', ledgerEntryId: expect.stringMatching(/^led_[\w-]{22}$/) },
    });
    const [first, reversal, ...others] = await entriesOf(claim);
    expect([first, others]).toEqual([grant, []]);
    expect(answer?.data).toMatchObject({ ledgerEntryId: reversal?._id });
    const { body } = await system.call('GET', '/v1/me/entitlements/ledger?limit=1', { as: player.as });
    expect(body['items']).toMatchObject([
      {
        grantId: claim.grantId,
        kind: 'reversal',
        quantity: -70,
        balanceAfter: 0,
        reason: 'granted by mistake',
      },
    ]);
  });

  it('asked for again and again, under one attempt or others, takes back once and is answered each time', async () => {
    const claim = await granted(player, 5);
    for (let copy = 0; copy < 10; copy += 1) revoke(system, claim, `rvk_${copy % 3}`);
    revoke(system, claim);
    const answers = await answersTo(system, claim, 12);
    const revoked = answers.filter(({ type }) => type === 'laurel.reward.revoked.v1');
    expect(revoked).toHaveLength(11);
    expect(new Set(revoked.map(({ data }) => (data as { ledgerEntryId: string }).ledgerEntryId)).size).toBe(
      1,
    );
    expect(await entriesOf(claim)).toHaveLength(2);
    expect(await balanceOf(system, player.id)).toBe(0);
  });

  it('of a banned account succeeds', async () => {
    const owner = await register(system);
    const claim = await granted(owner, 5);
    const json = { status: 'banned', reason: 'speed hack' };
    await system.call('PUT', `/v1/accounts/${owner.id}/status`, { json, as: staff('ADMIN') });
    revoke(system, claim);
    expect(typesOf(await answersTo(system, claim, 2)).at(-1)).toBe('laurel.reward.revoked.v1');
  });

  it('of what is spent is refused; repeated later it stays refused, and a new attempt succeeds', async () => {
    const owner = await register(system);
    const claim = await granted(owner, 50);
    expect((await spend(system, owner.id, { quantity: 1 })).status).toBe(200);
    revoke(system, claim, 'rvk_1');
    const refused = {
      type: 'laurel.reward.revoke-refused.v1',
      data: { ...claim, revokeId: 'rvk_1', code: 'insufficient_balance' },
    };
    expect((await answersTo(system, claim, 2)).at(-1)).toMatchObject(refused);

    expect((await give(system, owner.id, { quantity: 1 })).status).toBe(201);
    revoke(system, claim, 'rvk_1');
    expect((await answersTo(system, claim, 3)).at(-1)).toMatchObject(refused);
    revoke(system, claim, 'rvk_2');
    expect((await answersTo(system, claim, 4)).at(-1)).toMatchObject({
      data: { revokeId: 'rvk_2', ledgerEntryId: expect.any(String) },
    });
    expect(await balanceOf(system, owner.id)).toBe(0);
    await expectBalanceToBeSumOfLedger(system, owner.id);
  });

  it('that comes before its request, or after a cancellation, is refused, and nothing is ever granted', async () => {
    const early = newClaim(player.id);
    revoke(system, early, 'rvk_1');
    expect(await answersTo(system, early, 1)).toMatchObject([
      { type: 'laurel.reward.revoke-refused.v1', data: { ...early, code: 'not_granted' } },
    ]);
    request(system, early);
    expect((await answersTo(system, early, 2)).at(-1)).toMatchObject({ data: { code: 'cancelled' } });

    const cancelled = newClaim(player.id);
    cancel(system, cancelled);
    await answersTo(system, cancelled, 1);
    revoke(system, cancelled);
    expect((await answersTo(system, cancelled, 2)).at(-1)).toMatchObject({ data: { code: 'not_granted' } });
    expect(await entriesOf(early)).toEqual([]);
  });

  it('among hundreds of requests, cancellations and spends, in any order and on two instances, leaves books that agree', async () => {
    const owner = await register(system);
    const claims = Array.from({ length: 60 }, () => newClaim(owner.id));
    const sends = claims.flatMap((claim, index) => [
      () => request(system, claim, 3),
      () => request(system, claim, 3),
      () => revoke(system, claim, 'rvk_1'),
      () => revoke(system, claim, 'rvk_1'),
      ...(index % 4 === 0 ? [() => cancel(system, claim)] : []),
    ]);
    const shuffled = sends.toSorted(() => Math.random() - 0.5);
    for (const send of shuffled) send();
    const spent = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        spend(system, owner.id, { quantity: 2 }, { instance: index % 2 }),
      ),
    );
    expect(new Set(spent.map(({ status }) => status)).isSubsetOf(new Set([200, 409]))).toBe(true);

    for (const [index, claim] of claims.entries()) {
      const answers = await answersTo(system, claim, index % 4 === 0 ? 5 : 4);
      const about = answers.filter(({ type }) => type.includes('revoke'));
      expect(new Set(typesOf(about)).size).toBe(1);
      expect(new Set(typesOf(answers.filter((each) => !about.includes(each)))).size).toBe(1);
    }
    await expectBalanceToBeSumOfLedger(system, owner.id);
    expect(await balanceOf(system, owner.id)).toBeGreaterThanOrEqual(0);
  });
});

it('where negative balances are allowed, what is spent is taken back all the same', async () => {
  await system.stop();
  system = await startSystem({ env: { ALLOW_NEGATIVE_BALANCE: 'true' } });
  const owner = await register(system);
  const claim = await granted(owner, 50);
  await spend(system, owner.id, { quantity: 20 });
  revoke(system, claim, 'rvk_1');
  expect((await answersTo(system, claim, 2)).at(-1)).toMatchObject({ type: 'laurel.reward.revoked.v1' });
  expect(await balanceOf(system, owner.id)).toBe(-20);
  expect(await spend(system, owner.id, { quantity: 1 })).toMatchObject({
    status: 409,
    body: { code: 'insufficient_balance' },
  });
  await expectBalanceToBeSumOfLedger(system, owner.id);
});
