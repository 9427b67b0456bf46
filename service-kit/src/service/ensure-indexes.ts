import type { Db } from 'mongodb';
import type { IndexSpec } from './module.ts';

/** Makes the collections and indexes that are missing. What is there stays. */
export async function ensureIndexes(db: Db, specs: readonly IndexSpec[]): Promise<void> {
  const found = await db.listCollections({}, { nameOnly: true }).toArray();
  const known = new Set(found.map(({ name }) => name));
  // One after the other, because making indexes locks the catalogue. Left to the first write, a collection would be made
  // inside a transaction, where several instances get in each other's way.
  for (const { collection, indexes } of specs) {
    if (indexes.length > 0) await db.collection(collection).createIndexes([...indexes]);
    else if (!known.has(collection)) await db.createCollection(collection).catch(ignoreThatItExists);
  }
}

const NAMESPACE_EXISTS = 48;

/** Another instance has made it at the same moment. */
function ignoreThatItExists(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === NAMESPACE_EXISTS)) throw error;
}
