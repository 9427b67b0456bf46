import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keysetFilter, type KeysetOrder } from '../src/mongo/index.ts';
import { openDatabase, type TestDatabase } from './servers.ts';

interface Row {
  _id: string;
  at: Date;
  sequence: number;
}

let database: TestDatabase;
beforeAll(async () => {
  database = await openDatabase();
  const documents = Array.from({ length: 60 }, (_, n) => ({
    _id: `r${String((n * 7) % 60).padStart(2, '0')}`,
    at: new Date(1_000 * (n % 5)),
    sequence: n % 3,
  }));
  await rows().insertMany(documents);
  await rows().createIndex({ at: -1, sequence: -1, _id: -1 });
});
afterAll(() => database.drop());

const rows = () => database.db.collection<Row>('rows');

describe('keysetFilter', () => {
  it.each<KeysetOrder>([
    { at: -1, _id: -1 },
    { at: 1, _id: 1 },
    { at: 1, _id: -1 },
    { at: -1, sequence: -1, _id: -1 },
    { _id: 1 },
  ])('reads every document of a list once, page by page, in order: %j', async (order) => {
    const seen: string[] = [];
    let last: Row | undefined;
    do {
      const after = keysetFilter<Row>(order, last && { ...last });
      const page = await rows().find(after, { sort: order, limit: 7 }).toArray();
      seen.push(...page.map(({ _id }) => _id));
      last = page.at(-1);
    } while (last);
    const all = await rows().find({}, { sort: order }).toArray();
    expect(seen).toEqual(all.map(({ _id }) => _id));
  });

  it('walks one range of an index, and sorts nothing', async () => {
    const order = { at: -1, sequence: -1, _id: -1 } as const;
    const after = keysetFilter<Row>(order, { at: new Date(1_000), sequence: 1, _id: 'r30' });
    const plan = await rows()
      .find({ $and: [{}, after] }, { sort: order, limit: 5 })
      .explain('executionStats');
    const winning = JSON.stringify(plan['queryPlanner'].winningPlan);
    expect(winning).toContain('IXSCAN');
    expect(winning).not.toContain('"SORT"');
    expect(plan['executionStats'].totalKeysExamined).toBeLessThan(40);
  });
});
