import type { Document } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { activityItem, report } from './support/activity.ts';
import { account, bodyOf } from './support/caller.ts';
import { activeEvent, auditor, claim, makeReward } from './support/scenario.ts';
import { startServiceWithLedger } from './support/service-with-ledger.ts';

const { auth, service } = await startServiceWithLedger();

/** What the database did for `work`, with the plan of each query. */
async function profileOf(work: () => Promise<void>): Promise<Document[]> {
  await service.db.command({ profile: 2 });
  await work();
  await service.db.command({ profile: 0 });
  return service.db.collection('system.profile').find().toArray();
}

/** A change stream reads the oplog, which has no indexes. */
const isStream = ({ command, originatingCommand }: Document): boolean =>
  JSON.stringify([command, originatingCommand]).includes('$changeStream');

describe('the queries of the hot path', () => {
  it('use indexes, all of them', async () => {
    const profile = await profileOf(async () => {
      const [me, friend] = [account(), account()];
      for (const [accountId, version] of [
        [me.userId, 1],
        [friend.userId, 1],
      ] as const) {
        const registeredAt = new Date().toISOString();
        const data = { accountId, accountVersion: version, username: accountId, guest: false, registeredAt };
        await auth.account('registered', data);
      }
      const { call } = service;
      const { event, reward } = await activeEvent(call, {
        event: { repeat: 'daily', condition: { streak: 'attendance.check-in', length: 1 } },
        reward: { stock: 10, perAccount: 3, perPeriod: { day: 5 } },
      });
      await activeEvent(call, { event: { kind: 'invite' } });
      const other = await makeReward(call, event.id);
      const condition = { metric: 'quest.completed', op: '>=', value: 1 };
      await activeEvent(call, { event: { kind: 'activity', condition } });

      await call('POST', `/v1/events/${event.id}/check-in`, { as: me });
      await report(call, [activityItem(me.userId), { source: 'eu-1' }]);
      expect((await claim(call, event.id, me, { rewardId: reward.id })).status).toBe(201);
      expect((await claim(call, event.id, me, { rewardId: reward.id })).status).toBe(200);
      auth.decide = () => 'account_unknown';
      expect((await claim(call, event.id, me, { rewardId: other.id })).status).toBe(409);
      expect((await claim(call, event.id, me, { rewardId: other.id, prefer: 'wait=0' })).status).toBe(202);

      const invite = await call('POST', '/v1/invites', { as: me });
      const { code } = bodyOf(invite, 201, z.object({ code: z.string() }));
      await call('POST', `/v1/invites/${code}/accept`, { as: friend });
      await auth.account('status-changed', { accountId: me.userId, accountVersion: 2, status: 'banned' });
      for (const path of [
        '/v1/me/events',
        `/v1/me/progress?eventId=${event.id}`,
        `/v1/events/${event.id}/eligibility`,
        `/v1/claims?status=granted&eventId=${event.id}&from=2026-01-01T00:00:00Z`,
        '/v1/events?kind=attendance',
        `/v1/events/${event.id}/rewards`,
        '/v1/me/invites',
      ])
        expect(await call('GET', path, { as: me })).toMatchObject({ status: 200 });
      expect(await call('GET', `/v1/events/${event.id}/stats`, { as: auditor })).toMatchObject({
        status: 200,
      });
      const statusOf = () => service.db.collection('accounts').findOne({ status: 'banned' });
      await expect.poll(statusOf, { timeout: 10_000 }).not.toBeNull();
    });

    const queries = profile.filter((each) => each['planSummary'] !== undefined && !isStream(each));
    const collections = new Set(queries.map(({ ns }) => String(ns).split('.')[1]));
    for (const name of [
      'accounts',
      'claims',
      'progress',
      'rewardStock',
      'claimCaps',
      'events',
      'activity',
      'invites',
    ])
      expect(collections).toContain(name);
    const scans = queries.filter((each) => String(each['planSummary']).includes('COLLSCAN'));
    // The question by which this test waits.
    const own = (each: Document): boolean =>
      JSON.stringify(each['command']).includes('"filter":{"status":"banned"}');
    expect(scans.filter((each) => !own(each)).map(({ ns, command }) => ({ ns, command }))).toEqual([]);
  });
});
