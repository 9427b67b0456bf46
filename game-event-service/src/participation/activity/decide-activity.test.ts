import { describe, expect, it } from 'vitest';
import { ActivityItem, ActivityItemInMessage, keyOf } from './activity-item.ts';
import { decideActivity, type Batch } from './decide-activity.ts';
import { receiveItems } from './receive-items.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const now = new Date('2026-12-01T12:00:00Z');
const ago = (ms: number): string => new Date(now.getTime() - ms).toISOString();

const item = (more: object = {}): object => ({
  source: 'eu-1',
  id: '1',
  accountId: 'acc_1',
  metric: 'quest.completed',
  at: ago(0),
  ...more,
});
const batch = (items: unknown[], more: Partial<Batch> = {}): Batch => ({
  client: 'cli_1',
  arrivedAt: now,
  received: receiveItems(items, ActivityItem),
  ...more,
});
const decide = (batches: Batch[], known: string[] = []) =>
  decideActivity(batches, { known: new Set(known), now, maxAgeMs: 7 * DAY });

describe('an item', () => {
  it.each([
    ['without a source', { source: undefined }],
    ['with an empty id', { id: '' }],
    ['without an account', { accountId: undefined }],
    ['with a metric that no condition could name', { metric: '$where' }],
    ['with a value that is no number', { value: '3' }],
    ['with a value beyond all measure', { value: 1e300 }],
    ['with a time that is none', { at: 'yesterday' }],
    ['with attributes that are no object', { attributes: ['hard'] }],
    ['with attributes larger than 8 KiB', { attributes: { text: 'x'.repeat(9_000) } }],
    ['with an unknown field', { acountId: 'acc_1' }],
  ])('%s is invalid, and those beside it count', (_, more) => {
    const { results, rejected } = decide([batch([item({ id: 'good' }), item(more)])]);
    expect(results).toEqual([{ accepted: 1, duplicates: 0, rejected: [{ index: 1, code: 'invalid' }] }]);
    expect(rejected).toMatchObject([
      { client: 'cli_1', code: 'invalid', json: JSON.parse(JSON.stringify(item(more))) },
    ]);
  });

  it('in a message may have a field that is not known yet', () => {
    const [received] = receiveItems([item({ platform: 'pc' })], ActivityItemInMessage);
    expect(received?.item).toMatchObject({ accountId: 'acc_1', value: 1 });
  });

  it('that is no object is invalid', () => {
    const { results } = decide([batch([null, 'x', [], item()])]);
    expect(results[0]).toMatchObject({ accepted: 1, rejected: [{ index: 0 }, { index: 1 }, { index: 2 }] });
  });

  it('counts to the last moment of its age, and of five minutes ahead', () => {
    const { results } = decide([
      batch([
        item({ id: '1', at: ago(7 * DAY) }),
        item({ id: '2', at: ago(7 * DAY + 1) }),
        item({ id: '3', at: ago(-5 * MINUTE) }),
        item({ id: '4', at: ago(-5 * MINUTE - 1) }),
      ]),
    ]);
    expect(results).toEqual([
      {
        accepted: 2,
        duplicates: 0,
        rejected: [
          { index: 1, code: 'too_old' },
          { index: 3, code: 'in_future' },
        ],
      },
    ]);
  });

  it('is too old by its first arrival, however late it is looked at', () => {
    const late = batch([item({ at: ago(20 * DAY) })], { arrivedAt: new Date(ago(15 * DAY)) });
    expect(decide([late]).results[0]).toMatchObject({ accepted: 1 });
  });

  it('that was accepted stays a duplicate when it has become too old', () => {
    const old = item({ at: ago(20 * DAY) });
    const known = [keyOf({ client: 'cli_1', source: 'eu-1', id: '1' })];
    expect(decide([batch([old])], known).results).toEqual([{ accepted: 0, duplicates: 1, rejected: [] }]);
  });

  it('counts once in a group, and is another one from another client or source', () => {
    const { results, accepted } = decide([
      batch([item(), item({ source: 'eu-2' }), item()]),
      batch([item()]),
      batch([item()], { client: 'cli_2' }),
    ]);
    expect(results).toMatchObject([
      { accepted: 2, duplicates: 1 },
      { accepted: 0, duplicates: 1 },
      { accepted: 1, duplicates: 0 },
    ]);
    expect(new Set(accepted.map(({ key }) => key)).size).toBe(3);
  });

  it('that was rejected may come again, put right', () => {
    const { results } = decide([batch([item({ at: ago(8 * DAY) }), item()])]);
    expect(results).toEqual([{ accepted: 1, duplicates: 0, rejected: [{ index: 0, code: 'too_old' }] }]);
  });

  it('has a key of its own, wherever its names are cut', () => {
    const keys = [
      keyOf({ client: 'a', source: 'b', id: 'c' }),
      keyOf({ client: 'ab', source: '', id: 'c' }),
      keyOf({ client: 'a', source: 'bc', id: '' }),
      keyOf({ client: 'a","b', source: 'c', id: '' }),
    ];
    expect(new Set(keys).size).toBe(4);
  });
});
