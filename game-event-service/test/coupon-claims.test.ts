import { expect, it, vi } from 'vitest';
import { pageSchema } from 'service-kit/http';
import type { Identity } from 'service-kit/identity';
import { ClaimResponse } from '../src/claims/claim-schema.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { activeCoupon, codesPath, newCodes, sendCodes } from './support/codes.ts';
import { auditor, claim, makeReward, operator, readReward } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const { auth, service } = await startServiceWithLedger({ env: { LOG_LEVEL: 'debug' } });

const claimed = async (eventId: string, as: Identity, rewardId?: string): Promise<ClaimResponse> =>
  bodyOf(
    await claim(service.call, eventId, as, rewardId === undefined ? {} : { rewardId }),
    201,
    ClaimResponse,
  );
const readClaim = (id: string, as: Identity) => service.call('GET', `/v1/claims/${id}`, { as });

it('a claim of a coupon is given the next code, which its owner alone is told', async () => {
  const codes = newCodes(2);
  const { event, reward } = await activeCoupon(service, codes);
  const player = account();
  const granted = await claimed(event.id, player);
  expect(granted.grant).toMatchObject({ kind: 'coupon', asset: 'voucher', quantity: 1, code: codes[0] });
  expect((await claim(service.call, event.id, player)).body).toEqual(granted);
  expect((await readClaim(granted.id, player)).body).toEqual(granted);
  const own = await service.call('GET', '/v1/claims', { as: player });
  expect(bodyOf(own, 200, pageSchema(ClaimResponse)).items).toEqual([granted]);
  expect(await readReward(service.call, reward)).toMatchObject({
    stock: null,
    available: 1,
    reserved: 0,
    granted: 1,
  });

  const { code, ...grant } = granted.grant ?? {};
  for (const as of [operator, auditor, account(['ADMIN']), client(['claims:read'])]) {
    expect((await readClaim(granted.id, as)).body).toEqual({ ...granted, grant });
    const list = await service.call('GET', `/v1/claims?accountId=${player.userId}`, { as });
    expect(bodyOf(list, 200, pageSchema(ClaimResponse)).items).toEqual([{ ...granted, grant }]);
  }
  expect(JSON.stringify(auth.received)).not.toContain(code);
  expect(service.logs.join('\n')).toContain(granted.id.slice(0, 4));
  expect(service.logs.join('\n')).not.toContain(code);
});

it('a code is told once it was granted, and not before', async () => {
  auth.decide = () => undefined;
  const [code = ''] = newCodes(1);
  const { event, reward } = await activeCoupon(service, [code]);
  const player = account();
  const pending = await claim(service.call, event.id, player, { prefer: 'wait=0' });
  expect(pending.status).toBe(202);
  const { id } = ClaimResponse.parse(pending.body);
  expect(JSON.stringify([pending.body, (await readClaim(id, player)).body])).not.toContain(code);
  expect(await readReward(service.call, reward)).toMatchObject({ available: 0, reserved: 1, granted: 0 });

  await vi.waitFor(() => expect(auth.received.map(({ data }) => data.claimId)).toContain(id), 15_000);
  const message = auth.received.find(({ data }) => data.claimId === id);
  if (message) await auth.answer(message, 'granted');
  await vi.waitFor(
    async () => expect((await readClaim(id, player)).body).toMatchObject({ grant: { code } }),
    15_000,
  );
});

it('an empty pool is out of stock, until there are more codes', async () => {
  const { event, reward } = await activeCoupon(service, []);
  const player = account();
  expectProblem(await claim(service.call, event.id, player), 409, 'out_of_stock');
  const eligibility = await service.call('GET', `/v1/events/${event.id}/eligibility`, { as: player });
  expect(eligibility.body).toMatchObject({ rewards: [{ claimable: false, reason: 'out_of_stock' }] });
  await sendCodes(service.url, codesPath(reward), 'FRESH');
  expect((await claimed(event.id, player)).grant).toMatchObject({ code: 'FRESH' });
});

it('a code of a refused claim goes back to its pool, behind the others, and a new attempt gets another', async () => {
  const { event, reward } = await activeCoupon(service, ['A', 'B']);
  const [first, second, third] = [account(), account(), account()];
  auth.decide = () => 'account_unknown';
  expectProblem(await claim(service.call, event.id, first), 409, 'account_unknown');
  expect(await readReward(service.call, reward)).toMatchObject({ available: 2, reserved: 0, granted: 0 });
  expect(await service.db.collection('claims').findOne({ accountId: first.userId })).not.toHaveProperty(
    'code',
  );

  auth.decide = () => 'granted';
  expect((await claimed(event.id, second)).grant).toMatchObject({ code: 'B' });
  expect((await claimed(event.id, first)).grant).toMatchObject({ code: 'A' });
  expectProblem(await claim(service.call, event.id, third), 409, 'out_of_stock');
  expect(await readReward(service.call, reward)).toMatchObject({ available: 0, reserved: 0, granted: 2 });
});

it('a pool adds up, and no code is held twice, whatever is granted, refused, tried again and added', async () => {
  let decided = 0;
  auth.decide = () => ((decided += 1) % 3 === 0 ? 'cancelled' : 'granted');
  const { event, reward } = await activeCoupon(service, newCodes(20));
  const players = Array.from({ length: 60 }, () => account());
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([
      sendCodes(service.url, codesPath(reward), newCodes(10).join('\n')),
      ...players.map((player) => claim(service.call, event.id, player)),
    ]);
  }
  const figures = await readReward(service.call, reward);
  expect(figures.reserved).toBe(0);
  expect((figures.available ?? 0) + figures.granted).toBe(50);

  const { db } = service;
  const stored = await db
    .collection('couponCodes')
    .find({ rewardId: reward.id })
    .sort({ position: 1 })
    .toArray();
  const held = await db.collection('claims').find({ rewardId: reward.id, status: 'granted' }).toArray();
  expect(held).toHaveLength(figures.granted);
  const waiting = stored.slice(stored.length - (figures.available ?? 0)).map(({ code }) => String(code));
  const all = [...waiting, ...held.map(({ code }) => String(code))];
  expect(new Set(all)).toEqual(new Set(stored.map(({ code }) => String(code))));
  expect(all).toHaveLength(50);
});

it('claims that share a transaction share its reading of codes, however many coupons they are about', async () => {
  const { event, reward } = await activeCoupon(service, newCodes(40));
  const other = await makeReward(service.call, event.id, { kind: 'coupon', asset: 'skin', quantity: 1 });
  await sendCodes(service.url, codesPath(other), newCodes(40).join('\n'));
  const groupsSoFar = async (): Promise<number> => {
    const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
    return Number(/^group_commit_size_count\{.*group="claims".*\} (\d+)/m.exec(metrics)?.[1]);
  };
  const groupsBefore = await groupsSoFar();
  await service.db.command({ profile: 2 });
  const answers = await Promise.all(
    [reward, other].flatMap(({ id: rewardId }) =>
      Array.from({ length: 40 }, () => claim(service.call, event.id, account(), { rewardId })),
    ),
  );
  await service.db.command({ profile: 0 });
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(80);

  const ops = service.db.collection('system.profile');
  const [codeOps, poolOps] = await Promise.all(
    ['couponCodes', 'couponPools'].map((name) =>
      ops.countDocuments({ ns: `${service.db.databaseName}.${name}` }),
    ),
  );
  const groups = (await groupsSoFar()) - groupsBefore;
  expect(groups).toBeLessThan(40);
  expect(codeOps).toBeGreaterThan(0);
  expect(codeOps).toBeLessThanOrEqual(groups);
  expect(poolOps).toBeLessThanOrEqual(groups);
});
