import { Binary, type ClientSession, type Db } from 'mongodb';
import type { IndexSpec } from 'service-kit/service';
import { decodeAttributes, encodeAttributes } from '../../http/attributes.ts';
import type { Countable } from './count-activity.ts';
import type { AcceptedItem } from './decide-activity.ts';

/**
 * One document an item, which is both what it is counted once by and the history that counters can be made anew
 * from.
 */
interface ActivityDocument extends Omit<AcceptedItem, 'key' | 'attributes'> {
  /** {@link AcceptedItem.key} */
  _id: Binary;
  /** JSON */
  attributes?: string;
  storedAt: Date;
  expiresAt: Date;
}

export interface ActivityStore {
  /** @returns those of the keys that are stored */
  known(keys: readonly string[], session: ClientSession): Promise<Set<string>>;
  insertAll(
    items: readonly AcceptedItem[],
    times: { storedAt: Date; expiresAt: Date },
    session: ClientSession,
  ): Promise<void>;
  /** The stored activity of these accounts. */
  historyOf(accountIds: readonly string[], session: ClientSession): Promise<Countable[]>;
  /**
   * What all accounts did from one time to before another: account by account, each in the order of time.
   *
   * @param span.metrics only these; all where it is left out
   * @param maxTimeMs how long the database may take for all of it
   * @throws {MongoServerError} when it takes longer
   */
  historyDuring(
    span: { from: Date; to: Date; metrics: readonly string[] | undefined },
    maxTimeMs: number,
  ): AsyncIterable<Countable>;
  /** Everybody who has done something, or has progress. */
  everyAccount(): AsyncIterable<string>;
}

const COUNTABLE = { _id: 0, accountId: 1, metric: 1, value: 1, at: 1, attributes: 1 } as const;

export const activityIndexes: IndexSpec[] = [
  {
    collection: 'activity',
    indexes: [{ key: { accountId: 1, at: 1 } }, { key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
  },
];

export function createActivityStore(db: Db): ActivityStore {
  const activity = db.collection<ActivityDocument>('activity');

  return {
    known: async (keys, session) => {
      const found = await activity
        .find({ _id: { $in: keys.map(toId) } }, { session, projection: { _id: 1 } })
        .toArray();
      return new Set(found.map(({ _id }) => toKey(_id)));
    },
    insertAll: async (items, times, session) => {
      const documents = items.map(({ key, attributes, ...fields }) => ({
        _id: toId(key),
        ...fields,
        ...(attributes && { attributes: encodeAttributes(attributes) }),
        ...times,
      }));
      await activity.insertMany(documents, { session, ordered: false });
    },
    historyOf: async (accountIds, session) => {
      const found = await activity
        .find({ accountId: { $in: [...accountIds] } }, { session, projection: COUNTABLE })
        .toArray();
      return found.map(toCountable);
    },
    historyDuring: async function* historyDuring({ from, to, metrics }, maxTimeMS) {
      const filter = {
        at: { $gte: from, $lt: to },
        ...(metrics && { metric: { $in: [...metrics] } }),
      };
      const found = activity
        .find(filter, { projection: COUNTABLE, maxTimeMS })
        .sort({ accountId: 1, at: 1 })
        .hint({ accountId: 1, at: 1 });
      for await (const document of found) yield toCountable(document);
    },
    everyAccount: async function* everyAccount() {
      const each = { $group: { _id: '$accountId' } };
      const found = activity.aggregate<{ _id: string }>(
        [each, { $unionWith: { coll: 'progress', pipeline: [each] } }, { $group: { _id: '$_id' } }],
        { allowDiskUse: true },
      );
      for await (const { _id } of found) yield _id;
    },
  };
}

function toCountable({
  attributes,
  ...fields
}: Pick<ActivityDocument, 'accountId' | 'metric' | 'value' | 'at' | 'attributes'>): Countable {
  return attributes === undefined ? fields : { ...fields, attributes: decodeAttributes(attributes) };
}

const toId = (key: string): Binary => new Binary(Buffer.from(key, 'base64url'));
const toKey = (id: Binary): string => Buffer.from(id.value()).toString('base64url');
