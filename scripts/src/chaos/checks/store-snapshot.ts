import { BSON, type MongoClient } from 'mongodb';
import type { Breach } from './verdict.ts';

/** What is kept of messages on their way, and may grow. */
const PASSING = new Set(['inbox', 'outbox']);

/** Every document of both services as text, by `database.collection/id`. */
export type StoreSnapshot = Map<string, string>;

export async function snapshotStores(client: MongoClient): Promise<StoreSnapshot> {
  const snapshot: StoreSnapshot = new Map();
  for (const name of ['auth_db', 'event_db']) {
    const db = client.db(name);
    const collections = await db.listCollections({}, { nameOnly: true }).toArray();
    for (const { name: collection } of collections) {
      if (PASSING.has(collection)) continue;
      for await (const document of db.collection(collection).find()) {
        snapshot.set(`${name}.${collection}/${String(document._id)}`, BSON.EJSON.stringify(document));
      }
    }
  }
  return snapshot;
}

export function differences(before: StoreSnapshot, after: StoreSnapshot): Breach[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    return was === is ? [] : [{ what: `${id} changed`, evidence: { was, is } }];
  });
}
