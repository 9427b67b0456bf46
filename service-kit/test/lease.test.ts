import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLease, documentLease, LeaseTakenError, type LeaseDocument } from '../src/mongo/index.ts';
import { openDatabase, unique, type TestDatabase } from './servers.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
});
afterAll(() => database.drop());

const leases = () => database.db.collection<LeaseDocument>('leases');

/** Two instances that want the same lease. */
function rivals(leaseMs: number) {
  const id = unique('lease');
  const lease = () => createLease({ collection: leases(), id, leaseMs });
  return { id, one: lease(), other: lease() };
}

describe('createLease', () => {
  it('gives the lease to one of many that ask at the same moment', async () => {
    const id = unique('lease');
    const all = Array.from({ length: 20 }, () => createLease({ collection: leases(), id, leaseMs: 60_000 }));
    const taken = await Promise.all(all.map((lease) => lease.take()));
    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await leases().countDocuments({ _id: id })).toBe(1);
  });

  it('keeps the lease for its holder until it is released', async () => {
    const { one, other } = rivals(60_000);
    expect([await one.take(), await other.take(), await one.take(), await one.renew()]).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(await other.renew()).toBe(false);
    await other.release();
    expect(await other.take()).toBe(false);
    await one.release();
    expect(await other.take()).toBe(true);
    expect(await one.renew()).toBe(false);
  });

  it('passes the lease on when its holder does not renew it', async () => {
    const { one, other } = rivals(200);
    expect(await one.take()).toBe(true);
    expect(await other.take()).toBe(false);
    await expect.poll(() => other.take()).toBe(true);
    expect(await one.take()).toBe(false);
  });

  it('ends the lease by the clock of the database', async () => {
    const { id, one } = rivals(60_000);
    await one.take();
    const { localTime } = await database.db.command({ hello: 1 });
    const until: Date = (await leases().findOne({ _id: id }))?.['until'];
    expect(until.getTime() - localTime.getTime()).toBeGreaterThan(59_000);
    expect(until.getTime() - localTime.getTime()).toBeLessThanOrEqual(60_000);
  });

  it('respects the lease of an older version, and the other way round', async () => {
    const { id, one } = rivals(60_000);
    const free = { $or: [{ $eq: ['$holder', 'old'] }, { $lte: ['$until', '$$NOW'] }] };
    const takeAsBefore = async () => {
      const taken = { $set: { holder: 'old', until: { $add: ['$$NOW', 60_000] } } };
      return (await leases().updateOne({ _id: id, $expr: free }, [taken])).matchedCount === 1;
    };
    await leases().insertOne({ _id: id, holder: null, until: new Date(0) });
    expect(await takeAsBefore()).toBe(true);
    expect(await one.take()).toBe(false);
    await leases().updateOne({ _id: id }, { $set: { until: new Date(0) } });
    expect(await one.take()).toBe(true);
    expect(await takeAsBefore()).toBe(false);
    await one.release();
    expect(await takeAsBefore()).toBe(true);
  });

  it('stores the lease under the names it is given', async () => {
    const id = unique('lease');
    const fields = { holder: 'takenBy', until: 'lookAt' };
    const lease = createLease({ collection: leases(), id, leaseMs: 60_000, fields });
    await lease.take();
    expect(await leases().findOne({ _id: id })).toEqual({
      _id: id,
      takenBy: expect.any(String),
      lookAt: expect.any(Date),
    });
  });

  it('runs work one instance after the other, and longer than the lease lasts', async () => {
    const { one, other } = rivals(300);
    const steps: string[] = [];
    const work = (name: string) => async () => {
      steps.push(`${name} begins`);
      await delay(600);
      steps.push(`${name} ends`);
      return name;
    };
    const done = await Promise.all([one.during(work('a'), 10_000), other.during(work('b'), 10_000)]);
    expect(done).toEqual(['a', 'b']);
    const [first = '', , third = ''] = steps;
    expect(steps).toEqual([first, first.replace('begins', 'ends'), third, third.replace('begins', 'ends')]);
  });

  it('gives up waiting for another holder, and releases the lease when the work fails', async () => {
    const { one, other } = rivals(60_000);
    const failing = one.during(() => Promise.reject(new Error('no')), 0);
    await expect(failing).rejects.toThrow('no');
    expect(await other.take()).toBe(true);
    await expect(one.during(async () => 1, 50)).rejects.toBeInstanceOf(LeaseTakenError);
  });
});

describe('documentLease', () => {
  it('leases many documents at once, each to one holder, by an index', async () => {
    const jobs = database.db.collection<{ _id: number; dueBy?: string; dueAt: Date }>('jobs');
    await jobs.createIndex({ dueAt: 1 });
    await jobs.insertMany([1, 2, 3].map((n) => ({ _id: n, dueAt: new Date(0) })));
    await jobs.insertOne({ _id: 4, dueAt: new Date(Date.now() + 60_000) });
    const lease = documentLease({ holder: 'dueBy', until: 'dueAt' });
    const take = async (holder: string) => {
      await jobs.updateMany({ $expr: lease.isFree }, [{ $set: lease.held(holder, 60_000) }]);
      return await jobs.countDocuments({ dueBy: holder });
    };
    const plan = JSON.stringify(await jobs.find({ $expr: lease.isFree }).sort({ dueAt: 1 }).explain());
    expect(plan).toContain('IXSCAN');
    expect(plan).not.toContain('COLLSCAN');
    expect([await take('$dueAt'), await take('b')]).toEqual([3, 0]);
    await jobs.updateMany({ dueBy: '$dueAt' }, { $set: lease.free });
    expect(await take('b')).toBe(3);
  });
});
