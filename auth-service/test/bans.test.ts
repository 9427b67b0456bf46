import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toldAbout } from './account-news.ts';
import { staff, statusesIn, type Answer } from './call.ts';
import { answersTo, newClaim, request } from './claims.ts';
import { logIn, PASSWORD, register } from './player.ts';
import { eventually, startSystem, type System } from './system.ts';

let system: System;
beforeAll(async () => {
  system = await startSystem({ instances: 3 });
});
afterAll(() => system.stop());

const accounts = () => system.db.collection<{ _id: string; [field: string]: unknown }>('accounts');
const inMs = (ms: number): string => new Date(Date.now() + ms).toISOString();

function ban(id: string, more: object = {}): Promise<Answer> {
  const json = { status: 'banned', reason: 'speed hack', ...more };
  return system.call('PUT', `/v1/accounts/${id}/status`, { as: staff('OPERATOR'), json });
}
const logInStatus = async (username: string): Promise<number> =>
  (await system.call('POST', '/v1/auth/login', { json: { username, password: PASSWORD } })).status;

describe('a ban with an end', () => {
  it('ends by itself within about a second, once over all instances, and is told with its end', async () => {
    const { id, username } = await register(system);
    const until = inMs(1_500);
    expect(await ban(id, { until })).toMatchObject({ status: 200, body: { status: 'banned' } });
    expect(await logInStatus(username)).toBe(403);

    const endedAt = await eventually(async () => {
      const account = await accounts().findOne({ _id: id });
      expect(account).toMatchObject({ status: 'active', version: 3, statusReason: null, bannedUntil: null });
      return account?.['updatedAt'] as Date;
    });

    const lateMs = endedAt.getTime() - new Date(until).getTime();
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThan(1_500);
    expect(await toldAbout(system, id, 'status-changed', 2)).toEqual([
      { accountId: id, accountVersion: 2, status: 'banned', reason: 'speed hack', until },
      { accountId: id, accountVersion: 3, status: 'active' },
    ]);
    expect((await logIn(system, username)).id).toBe(id);
  });

  it('that passed while nobody was there ends at the next start, once however many start', async () => {
    const before = await startSystem({ env: { BOOTSTRAP_ADMIN_USERNAME: '', BOOTSTRAP_ADMIN_PASSWORD: '' } });
    const players = [await register(before), await register(before)];
    for (const { id } of players) {
      const json = { status: 'banned', reason: 'x', until: inMs(60_000) };
      await before.call('PUT', `/v1/accounts/${id}/status`, { as: staff('ADMIN'), json });
    }
    const { databaseName } = before.db;
    await Promise.all(before.instances.map(({ lifecycle }) => lifecycle.stop()));
    const past = { $set: { bannedUntil: new Date(Date.now() - 60_000) } };
    await before.db.collection('accounts').updateMany({}, past);

    const after = await startSystem({ database: databaseName, instances: 3 });

    for (const { id } of players) {
      expect(await toldAbout(after, id, 'status-changed')).toMatchObject([
        { accountVersion: 3, status: 'active' },
      ]);
    }
    const ended = after.log.filter(({ message }) => message === 'A ban ended by its time');
    expect(ended).toHaveLength(players.length);
    await after.stop();
    await before.stop();
  });

  it('may have its end moved or taken away, which is told', async () => {
    const { id } = await register(system);
    const [first, second] = [inMs(60_000), inMs(120_000)];
    await ban(id, { until: first });
    expect((await ban(id, { until: first })).headers.get('etag')).toBe('"2"');
    await ban(id, { until: second });
    await ban(id);
    const told = await toldAbout(system, id, 'status-changed', 3);
    expect(told.map((data) => (data as { until?: string }).until)).toEqual([first, second, undefined]);
    expect(await accounts().findOne({ _id: id })).toMatchObject({ status: 'banned', bannedUntil: null });
  });

  it('is over when staff ends it before, and nothing more happens at its end', async () => {
    const { id } = await register(system);
    await ban(id, { until: inMs(60_000) });
    const json = { status: 'active', reason: 'appeal' };
    await system.call('PUT', `/v1/accounts/${id}/status`, { as: staff('ADMIN'), json });
    expect(await accounts().findOne({ _id: id })).toMatchObject({ status: 'active', bannedUntil: null });
  });

  it('takes an end with any offset', async () => {
    const { id } = await register(system);
    expect((await ban(id, { until: '2126-12-08T09:00:00+09:00' })).status).toBe(200);
    expect(await accounts().findOne({ _id: id })).toMatchObject({
      bannedUntil: new Date('2126-12-08T00:00:00Z'),
    });
  });

  it('refuses rewards until it ends, and not after', async () => {
    const { id } = await register(system);
    await ban(id, { until: inMs(1_000) });
    const during = newClaim(id);
    request(system, during);
    expect((await answersTo(system, during, 1))[0]?.type).toBe('laurel.reward.refused.v1');
    await toldAbout(system, id, 'status-changed', 2);
    const after = newClaim(id);
    request(system, after);
    expect((await answersTo(system, after, 1))[0]?.type).toBe('laurel.reward.granted.v1');
  });

  it.each([
    ['that is over', { until: '2020-01-01T00:00:00Z' }, 'until'],
    ['that is no time', { until: 'tomorrow' }, 'until'],
    ['without an offset', { until: '2126-12-08T00:00:00' }, 'until'],
    ['of a query operator', { until: { $gt: '' } }, 'until'],
    ['of no ban', { status: 'active', until: '2126-12-08T00:00:00Z' }, 'until'],
  ])('is refused with an end %s', async (_, more, path) => {
    const { id } = await register(system);
    const answer = await ban(id, more);
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path }] } });
    expect(await accounts().findOne({ _id: id })).toMatchObject({ status: 'active', version: 1 });
  });

  it('that ends while staff makes it longer is one or the other, never both', async () => {
    const { id } = await register(system);
    await ban(id, { until: inMs(60_000) });
    await accounts().updateOne({ _id: id }, { $set: { bannedUntil: new Date(Date.now() - 1) } });
    const answers = await Promise.all([ban(id, { until: inMs(90_000) }), ban(id, { until: inMs(90_000) })]);
    expect(statusesIn(answers)).toEqual([200, 200]);
    const account = await accounts().findOne({ _id: id });
    expect(account?.['status']).toBe('banned');
    const told = await toldAbout(system, id, 'status-changed', Number(account?.['version']) - 1);
    expect(told.at(-1)).toMatchObject({ status: 'banned', accountVersion: account?.['version'] });
  });
});
