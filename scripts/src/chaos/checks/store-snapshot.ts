import { BSON, type Document, type MongoClient } from 'mongodb';
import type { Breach } from './verdict.ts';

/** Collections that a replay may change: records of messages, and a lease that its holder renews. */
const PASSING = new Set(['inbox', 'outbox', 'auditLease']);
/** MongoDB removes by itself what has expired. A replay takes less than this. */
const SOON_MS = 30 * 60_000;

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
        if (expiresSoon(document)) continue;
        snapshot.set(`${name}.${collection}/${String(document._id)}`, BSON.EJSON.stringify(document));
      }
    }
  }
  return snapshot;
}

function expiresSoon({ expiresAt }: Document): boolean {
  return expiresAt instanceof Date && expiresAt.getTime() < Date.now() + SOON_MS;
}

export function differences(before: StoreSnapshot, after: StoreSnapshot): Breach[] {
  const ids = new Set([...before.keys(), ...after.keys()]);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.get(id), after.get(id)];
    return was === is ? [] : [{ what: `${id} changed`, evidence: { was, is } }];
  });
}
