import { describe, expect, it, vi } from 'vitest';
import { pageSchema } from 'service-kit/http';
import type { Identity } from 'service-kit/identity';
import type { z } from 'zod';
import { ClaimAttemptResponse } from '../src/reporting/history/claim-attempt-routes.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { activeCoupon } from './support/codes.ts';
import { startService } from './support/running-service.ts';
import { activeEvent, auditor, claim, operator } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const { auth, service } = await startServiceWithLedger();

const Page = pageSchema(ClaimAttemptResponse);
const list = async (as: Identity, query = ''): Promise<z.output<typeof Page>> =>
  bodyOf(await service.call('GET', `/v1/claim-attempts${query}`, { as }), 200, Page);
const attempts = async (as: Identity, query = '') => (await list(as, query)).items;

describe('an attempt', () => {
  it('that was granted says so, with its claim, and its repetition with the same one', async () => {
    const { event, reward } = await activeEvent(service.call);
    const player = account();
    const { id: claimId } = (await claim(service.call, event.id, player)).body as { id: string };
    await claim(service.call, event.id, player);
    const about = { accountId: player.userId, eventId: event.id, rewardId: reward.id, claimId };
    expect(await attempts(player)).toEqual([
      { ...about, id: expect.stringMatching(/^att_/), status: 'repeated', createdAt: expect.any(String) },
      { ...about, id: `${claimId}.1`, status: 'granted', createdAt: expect.any(String) },
    ]);
  });

  it.each([
    ['event_not_active', { reward: { active: false } }],
    ['out_of_stock', { reward: { stock: 1 } }],
    ['cap_reached', { reward: { perPeriod: { day: 1 } } }],
    ['conditions_not_met', { event: { condition: { account: 'guest', op: '==', value: true } } }],
  ])('that was refused says why: %s', async (reason, more) => {
    const { event, reward } = await activeEvent(service.call, more);
    const [first, player] = [account(), account()];
    await claim(service.call, event.id, first, { rewardId: reward.id });
    await claim(service.call, event.id, player, { rewardId: reward.id });
    expect(await attempts(player)).toMatchObject([
      { status: 'refused', reason, eventId: event.id, rewardId: reward.id, accountId: player.userId },
    ]);
  });

  it('is recorded too where there is no such event or reward, and of staff', async () => {
    const player = account();
    await claim(service.call, 'evt_nothing', player, { rewardId: 'rwd_nothing' });
    expect(await attempts(player)).toMatchObject([
      { status: 'refused', reason: 'not_found', eventId: 'evt_nothing', rewardId: 'rwd_nothing' },
    ]);
    const { event } = await activeEvent(service.call);
    const staff = account(['OPERATOR']);
    await claim(service.call, event.id, staff);
    expect(await attempts(operator, `?accountId=${staff.userId}`)).toMatchObject([
      { status: 'refused', reason: 'staff_cannot_claim' },
    ]);
  });

  it('is pending until the ledger decides, and each attempt keeps what was decided about it', async () => {
    auth.decide = () => undefined;
    const { event } = await activeEvent(service.call);
    const player = account();
    await claim(service.call, event.id, player, { prefer: 'wait=0' });
    const [pending] = await attempts(player);
    expect(pending).toMatchObject({ status: 'pending' });
    await vi.waitFor(
      () => expect(auth.received.map(({ data }) => data.grantId)).toContain(pending?.id),
      15_000,
    );
    const message = auth.received.find(({ data }) => data.grantId === pending?.id);
    if (message) await auth.answer(message, 'cancelled');
    await vi.waitFor(
      async () => expect(await attempts(player)).toMatchObject([{ status: 'refused', reason: 'cancelled' }]),
      15_000,
    );
    auth.decide = () => 'granted';
    await claim(service.call, event.id, player);
    expect(await attempts(player)).toMatchObject([
      { id: `${pending?.claimId}.2`, status: 'granted' },
      { id: `${pending?.claimId}.1`, status: 'refused', reason: 'cancelled' },
    ]);
  });

  it('never tells the code of a coupon', async () => {
    const { event } = await activeCoupon(service, ['VERY-SECRET-CODE']);
    const player = account();
    expect((await claim(service.call, event.id, player)).status).toBe(201);
    expect(JSON.stringify(await list(player))).not.toContain('VERY-SECRET-CODE');
    expect(JSON.stringify(await service.db.collection('claimAttempts').find().toArray())).not.toContain(
      'VERY-SECRET-CODE',
    );
  });

  it('that was the first of its claim is written down no second time', async () => {
    const { event } = await activeEvent(service.call);
    const player = account();
    await claim(service.call, event.id, player);
    const filter = { accountId: player.userId };
    expect(await service.db.collection('claimAttempts').countDocuments(filter)).toBe(0);
  });

  it('is forgotten after its time, where no claim tells of it', async () => {
    const { event } = await activeEvent(service.call);
    const player = account();
    await claim(service.call, event.id, player);
    await claim(service.call, event.id, player);
    const collection = service.db.collection('claimAttempts');
    const stored = await collection.findOne({ accountId: player.userId });
    const kept = Number(stored?.['expiresAt']) - Number(stored?.['createdAt']);
    expect(kept).toBe(30 * 24 * 60 * 60 * 1_000);
    expect(await collection.indexes()).toContainEqual(
      expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }),
    );
  });
});

describe('attempts', () => {
  it('are those of oneself; staff see those of everybody, and of one', async () => {
    const { event } = await activeEvent(service.call);
    const [one, other] = [account(), account()];
    for (const player of [one, other]) await claim(service.call, event.id, player);
    expect((await attempts(one)).map(({ accountId }) => accountId)).toEqual([one.userId]);
    expect(await attempts(one, `?accountId=${one.userId}`)).toHaveLength(1);
    for (const staff of [operator, auditor, account(['ADMIN'])]) {
      const all = await attempts(staff, `?eventId=${event.id}`);
      expect(all.map(({ accountId }) => accountId)).toEqual([other.userId, one.userId]);
      expect(await attempts(staff, `?accountId=${one.userId}`)).toHaveLength(1);
    }
  });

  it('can be asked for by event, status and time, a page at a time', async () => {
    await using own = await startService({ beside: service });
    const [first, second] = [await activeEvent(own.call), await activeEvent(own.call)];
    const player = account();
    for (const { event } of [first, second]) {
      await claim(own.call, event.id, player);
      await claim(own.call, event.id, player);
      own.advance(60_000);
    }
    const all = await attempts(player);
    expect(all.map(({ status }) => status)).toEqual(['repeated', 'granted', 'repeated', 'granted']);
    expect(await attempts(player, `?eventId=${first.event.id}`)).toEqual(all.slice(2));
    expect(await attempts(player, '?status=repeated')).toEqual([all[0], all[2]]);
    const [at = '', before = ''] = [all[1]?.createdAt, all[2]?.createdAt];
    expect(await attempts(player, `?from=${at}`)).toEqual(all.slice(0, 2));
    expect(await attempts(player, `?to=${at}`)).toEqual(all.slice(2));
    expect(await attempts(player, `?from=${before}&to=${at}&status=repeated`)).toEqual([all[2]]);

    const page = await list(player, '?limit=3');
    expect(page.items).toEqual(all.slice(0, 3));
    const cursor = encodeURIComponent(page.nextCursor ?? '');
    expect(await list(player, `?limit=3&cursor=${cursor}`)).toEqual({
      items: all.slice(3),
      nextCursor: null,
    });
    for (const query of [`?status=granted&cursor=${cursor}`, '?cursor=nonsense']) {
      const answer = await service.call('GET', `/v1/claim-attempts${query}`, { as: player });
      expectProblem(answer, 400, 'invalid_cursor');
    }
  });

  it('come one at a time as they come together, whatever tells of them', async () => {
    const player = account();
    auth.decide = () => 'cancelled';
    const refused = await activeEvent(service.call);
    for (let tries = 0; tries < 3; tries += 1) await claim(service.call, refused.event.id, player);
    auth.decide = () => 'granted';
    for (let events = 0; events < 3; events += 1) {
      const { event } = await activeEvent(service.call);
      await claim(service.call, event.id, player);
      await claim(service.call, event.id, player);
    }
    await claim(service.call, refused.event.id, player);
    // All at one moment: then their ids alone are their order.
    const createdAt = new Date();
    for (const name of ['claims', 'claimAttempts'])
      await service.db.collection(name).updateMany({ accountId: player.userId }, { $set: { createdAt } });

    const all = await attempts(player);
    expect(all.map(({ id }) => id)).toEqual(
      all
        .map(({ id }) => id)
        .toSorted()
        .toReversed(),
    );
    expect(all).toHaveLength(10);
    for (const status of ['', 'granted', 'refused', 'repeated']) {
      const query = `?limit=1${status && `&status=${status}`}`;
      const seen = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: z.output<typeof Page> = await list(
          player,
          cursor === '' ? query : `${query}&cursor=${encodeURIComponent(cursor)}`,
        );
        seen.push(...page.items);
        cursor = page.nextCursor;
      }
      expect(seen).toEqual(all.filter((each) => status === '' || each.status === status));
    }
  });

  it('are refused 400 with a filter that is none, 403 about others and to clients, and 401 to nobody', async () => {
    const get = (query: string, as?: Identity) =>
      service.call('GET', `/v1/claim-attempts${query}`, as ? { as } : {});
    for (const query of ['?status=lost', '?from=yesterday', '?limit=101']) {
      expectProblem(await get(query, operator), 400, 'invalid_request');
    }
    expectProblem(await get('?accountId=acc_other', account()), 403, 'forbidden');
    expectProblem(await get('', client(['claims:read'])), 403, 'forbidden');
    expectProblem(await get(''), 401, 'unauthenticated');
  });
});
