import { MongoServerError, type Db } from 'mongodb';

const NAMESPACE_EXISTS = 48;

/**
 * Makes a collection that has no index but the one on `_id`. Left to the first write it would be made inside a
 * transaction, where several at the same time get in each other's way.
 */
export async function ensureCollection(db: Db, name: string): Promise<void> {
  try {
    await db.createCollection(name);
  } catch (error) {
    if (!(error instanceof MongoServerError && error.code === NAMESPACE_EXISTS)) throw error;
  }
}
