import type { Channel } from 'amqplib';
import type { Db } from 'mongodb';
import { describe, expect, it } from 'vitest';
import { brokenParts, mutationNames, type Overrides } from './broken-parts.ts';
import { mutations } from './mutations.ts';

/** A database and a channel that note which calls reach them. */
function noting({ adapt }: Overrides) {
  const calls: unknown[][] = [];
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
      return name;
    };
  const collection = () => ({
    find: note('find'),
    insertMany: note('insertMany'),
    createIndex: note('createIndex'),
    bulkWrite: note('bulkWrite'),
  });
  const channel = {
    consume: note('consume'),
    ack: note('ack'),
    nackAll: note('nackAll'),
    close: note('close'),
  };
  const db = { collection } as unknown as Db;
  const through = channel as unknown as Channel;
  return { calls, db: adapt.db?.(db) ?? db, channel: adapt.channel?.(through) ?? through };
}

const session = { id: 1 };

describe('a broken part', () => {
  it('forgets what was handled, and lets it be written twice', async () => {
    const { calls, db } = noting(brokenParts['no-deduplication']);
    db.collection('inbox').find({ messages: 'a' });
    await db.collection('inbox').createIndex({ messages: 1 }, { unique: true, name: 'once' });
    await db.collection('inbox').createIndex({ at: 1 }, { name: 'forget' });
    await db.collection<{ _id: string }>('grantDecisions').insertMany([{ _id: 'clm_1.1' }]);
    expect(calls).toMatchObject([
      ['find', { _id: { $in: [] } }],
      ['createIndex', { at: 1 }, { name: 'forget' }],
      ['insertMany', [{ _id: expect.stringMatching(/^clm_1\.1#0\./), grantId: 'clm_1.1' }]],
    ]);
  });

  it('has each message acknowledged at its delivery', async () => {
    const { calls, channel } = noting(brokenParts['acknowledged-first']);
    await channel.consume('queue', () => undefined, { consumerTag: 'tag' });
    channel.nackAll(true);
    await channel.close();
    expect(calls).toEqual([
      ['consume', 'queue', expect.any(Function), { consumerTag: 'tag', noAck: true }],
      ['close'],
    ]);
  });

  it('writes the outbox outside the transaction and before the stock', async () => {
    const { calls, db } = noting(brokenParts['outbox-outside']);
    const take = [{ updateOne: { filter: { _id: 'rwd_1', $expr: {} }, update: { $inc: { taken: 1 } } } }];
    await db.collection<{ _id: string; taken: number }>('rewardStock').bulkWrite(take, { session } as object);
    await db.collection('outbox').insertMany([], { session, ordered: true } as object);
    await db.collection('claims').insertMany([], { session } as object);
    expect(calls).toEqual([
      ['insertMany', [], { ordered: true }],
      ['bulkWrite', take, { session }],
      ['insertMany', [], { session }],
    ]);
  });

  it('takes stock without a condition and outside the transaction', async () => {
    const { calls, db } = noting(brokenParts['stock-in-two-steps']);
    const update = { $inc: { taken: 1 } };
    const stock = db.collection<{ _id: string; taken: number }>('rewardStock');
    await stock.bulkWrite([{ updateOne: { filter: { _id: 'rwd_1', $expr: {} }, update } }], {
      session,
    } as object);
    await stock.bulkWrite([{ updateOne: { filter: { _id: 'rwd_1' }, update } }], { session } as object);
    const unconditional = [{ updateOne: { filter: { _id: 'rwd_1' }, update } }];
    expect(calls).toEqual([
      ['bulkWrite', unconditional, {}],
      ['bulkWrite', unconditional, { session }],
    ]);
  });
});

it('every broken part is one mutation, which an invariant must catch', () => {
  expect(mutations.map(({ name }) => name)).toEqual(mutationNames);
  expect(mutations.every(({ caughtBy }) => caughtBy.length > 0)).toBe(true);
});
