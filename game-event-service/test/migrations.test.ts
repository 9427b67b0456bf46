import { MongoClient, type Db } from 'mongodb';
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from 'service-kit/logging';
import { migrateDatabase as migrate } from 'service-kit/service';
import { needed } from './support/environment.ts';

const logger = createLogger({ service: 'game-event-service', level: 'error' });

let client: MongoClient;
let db: Db;
beforeAll(async () => {
  client = await MongoClient.connect(needed('MONGODB_URL'));
  db = client.db(`event_test_${randomBytes(6).toString('hex')}`);
});
afterAll(async () => {
  await db.dropDatabase();
  await client.close();
});

const directory = new URL('../src/database/migrations/', import.meta.url);
const migrateDatabase = () => migrate({ client, db, logger, directory });
const applied = () => db.collection<{ fileName: string }>('migrations').find().toArray();

describe('migrations', () => {
  it('are applied once, however many instances start together', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrateDatabase()));
    const names = (await applied()).map(({ fileName }) => fileName);
    expect(names).toEqual([...new Set(names)]);
    expect(names[0]).toBe('20261121170000-collections-and-indexes.ts');
    const keys = (await db.collection('claims').indexes()).map(({ key }) => key);
    expect(keys).toContainEqual({ accountId: 1, createdAt: -1, _id: -1 });
  });

  it('do nothing to a database that is up to date', async () => {
    const before = await applied();
    await migrateDatabase();
    expect(await applied()).toEqual(before);
  });

  it('stand being run again, as after a crash between doing and noting it', async () => {
    await db.collection('migrations').deleteMany({});
    await migrateDatabase();
    expect(await applied()).not.toEqual([]);
  });
});

describe('attempts that were kept before claims told of them', () => {
  it('go, those of claims that were tried again stay', async () => {
    const claims = db.collection<{ _id: string; attempt: number }>('claims');
    const attempts = db.collection<{ _id: string; claimId?: string }>('claimAttempts');
    await claims.insertMany([
      { _id: 'clm_once', attempt: 1 },
      { _id: 'clm_again', attempt: 2 },
    ]);
    await attempts.insertMany([
      { _id: 'clm_once.1', claimId: 'clm_once' },
      { _id: 'clm_again.1', claimId: 'clm_again' },
      { _id: 'clm_again.2', claimId: 'clm_again' },
      { _id: 'att_repeated', claimId: 'clm_once' },
    ]);
    await db.collection('migrations').deleteOne({ fileName: /attempts-that-claims-tell-of/ });
    await migrateDatabase();
    const left = await attempts.find().sort({ _id: 1 }).toArray();
    expect(left.map(({ _id }) => _id)).toEqual(['att_repeated', 'clm_again.1', 'clm_again.2']);
  });
});

describe('stock that was divided into shares', () => {
  it('is one document again, with all units and all that is taken', async () => {
    const stocks = db.collection<{ _id: string; total: number | null; taken: number; isCoupon?: true }>(
      'rewardStock',
    );
    await stocks.insertMany([
      { _id: 'rwd_many', total: 21, taken: 20 },
      { _id: 'rwd_many:1', total: 20, taken: 3 },
      { _id: 'rwd_many:2', total: 20, taken: -1 },
      { _id: 'rwd_unlimited', total: null, taken: 4 },
      { _id: 'rwd_unlimited:1', total: null, taken: 5 },
      { _id: 'rwd_few', total: 2, taken: 1 },
      { _id: 'rwd_coupon', total: null, taken: 1, isCoupon: true },
    ]);
    await db.collection('migrations').deleteOne({ fileName: /one-document-of-stock/ });
    await migrateDatabase();
    await migrateDatabase();
    expect(await stocks.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'rwd_coupon', total: null, taken: 1, isCoupon: true },
      { _id: 'rwd_few', total: 2, taken: 1 },
      { _id: 'rwd_many', total: 61, taken: 22 },
      { _id: 'rwd_unlimited', total: null, taken: 9 },
    ]);
  });
});
