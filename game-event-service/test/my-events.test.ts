import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activityItem, report } from './support/activity.ts';
import { account, bodyOf, client, expectProblem } from './support/caller.ts';
import { activeEvent, changeStatus, claim, inHours, makeEvent } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const Page = z.object({
  items: z.array(
    z.looseObject({
      id: z.string(),
      progress: z.looseObject({ metrics: z.array(z.looseObject({ period: z.number() })) }),
      rewards: z.array(
        z.looseObject({
          rewardId: z.string(),
          claimable: z.boolean(),
          reason: z.string().optional(),
          claim: z.looseObject({ status: z.string() }).nullable(),
        }),
      ),
      nextResetAt: z.string().nullable(),
    }),
  ),
  nextCursor: z.string().nullable(),
});

const { service } = await startServiceWithLedger();

const mine = async (as = account(), query = 'limit=100') =>
  bodyOf(await service.call('GET', `/v1/me/events?${query}`, { as }), 200, Page);

describe('GET /v1/me/events', () => {
  it('shows what I have done, what I may claim and have claimed, and when the next period begins', async () => {
    const me = account();
    const condition = { metric: 'quest.completed', op: '>=', value: 3, over: 'period' };
    const { event, reward } = await activeEvent(service.call, {
      event: { kind: 'activity', timeZone: 'America/New_York', repeat: 'daily', condition },
    });
    const shown = async () => (await mine(me)).items.find(({ id }) => id === event.id);
    const midnight = DateTime.now().setZone('America/New_York').plus({ days: 1 }).startOf('day');
    expect(await shown()).toMatchObject({
      name: event.name,
      status: 'active',
      progress: {
        metrics: [{ metric: 'quest.completed', period: 0 }],
        conditions: { current: 0, met: false },
      },
      rewards: [
        {
          rewardId: reward.id,
          name: 'Gold',
          asset: 'gold',
          quantity: 100,
          claimable: false,
          reason: 'conditions_not_met',
          claim: null,
        },
      ],
      nextResetAt: midnight.toUTC().toISO(),
    });
    await report(service.call, [activityItem(me.userId, { value: 3 })]);
    expect(await shown()).toMatchObject({
      progress: { metrics: [{ period: 3 }], conditions: { current: 3, met: true } },
      rewards: [{ claimable: true, claim: null }],
    });
    await claim(service.call, event.id, me);
    expect(await shown()).toMatchObject({
      rewards: [
        { claimable: false, reason: 'already_claimed', claim: { status: 'granted', rewardId: reward.id } },
      ],
    });
  });

  it('knows no reset where the event is claimed once, or is over before it', async () => {
    const once = await activeEvent(service.call);
    const short = await activeEvent(service.call, {
      event: { repeat: 'monthly', endsAt: inHours(0.01), startsAt: inHours(-1) },
    });
    const { items } = await mine();
    const resets = [once, short].map(({ event }) => items.find(({ id }) => id === event.id)?.nextResetAt);
    expect(resets).toEqual([null, null]);
  });

  it('shows active events alone, as an operator has just left them', async () => {
    const draft = await makeEvent(service.call);
    const { event } = await activeEvent(service.call);
    const ids = async () => (await mine()).items.map(({ id }) => id);
    expect(await ids()).toContain(event.id);
    expect(await ids()).not.toContain(draft.id);
    await changeStatus(service.call, event.id, 'inactive');
    expect(await ids()).not.toContain(event.id);
    await changeStatus(service.call, event.id, 'active');
    expect(await ids()).toContain(event.id);
  });

  it('is read page by page', async () => {
    for (let count = 0; count < 3; count += 1) await activeEvent(service.call);
    const me = account();
    const all = (await mine(me)).items.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await mine(me, `limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all);
    expectProblem(await service.call('GET', '/v1/me/events?cursor=x', { as: me }), 400, 'invalid_cursor');
  });

  it('asks each collection once, however many events there are', async () => {
    const condition = { metric: 'quest.completed', op: '>=', value: 3 };
    const event = { kind: 'activity', repeat: 'daily', condition };
    const more = { event, reward: { perAccount: 5, stock: 10 } };
    while ((await mine()).items.length < 8) await activeEvent(service.call, more);
    const collections = ['progress', 'claimCaps', 'rewardStock', 'accounts', 'eventVersions', 'rewards'];
    await service.db.command({ profile: 2 });
    await mine();
    await service.db.command({ profile: 0 });
    const asked = await service.db
      .collection('system.profile')
      .find({ ns: { $in: collections.map((name) => `${service.db.databaseName}.${name}`) } })
      .toArray();
    expect(asked.map(({ ns }) => String(ns).split('.')[1] ?? '').toSorted()).toEqual([
      'accounts',
      'claimCaps',
      'progress',
      'rewardStock',
    ]);
  });

  it('is for players', async () => {
    expectProblem(await service.call('GET', '/v1/me/events'), 401, 'unauthenticated');
    for (const as of [account(['AUDITOR']), client(['claims:read'])])
      expectProblem(await service.call('GET', '/v1/me/events', { as }), 403, 'forbidden');
    expectProblem(
      await service.call('GET', '/v1/me/events?limit=0', { as: account() }),
      400,
      'invalid_request',
    );
  });
});
