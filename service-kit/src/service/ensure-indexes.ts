import type { Db } from 'mongodb';
import type { IndexSpec } from './module.ts';

/** Makes the collections and indexes that are missing, and drops those that a spec names. */
export async function ensureIndexes(db: Db, specs: readonly IndexSpec[]): Promise<void> {
  const found = await db.listCollections({}, { nameOnly: true }).toArray();
  const known = new Set(found.map(({ name }) => name));
  // One after the other, because making indexes locks the catalogue. Left to the first write, a collection would be made
  // inside a transaction, where several instances get in each other's way.
  for (const { collection, indexes, drops = [] } of specs) {
    if (indexes.length > 0) await db.collection(collection).createIndexes([...indexes]);
    else if (!known.has(collection)) await db.createCollection(collection).catch(ignoreThatItExists);
    for (const name of drops) await db.collection(collection).dropIndex(name).catch(ignoreThatItIsGone);
  }
}

const NAMESPACE_EXISTS = 48;
const INDEX_NOT_FOUND = 27;

/** Another instance has made it at the same moment. */
function ignoreThatItExists(error: unknown): void {
  if (!hasCode(error, NAMESPACE_EXISTS)) throw error;
}

function ignoreThatItIsGone(error: unknown): void {
  if (!hasCode(error, INDEX_NOT_FOUND)) throw error;
}

const hasCode = (error: unknown, code: number): boolean =>
  error instanceof Error && 'code' in error && error.code === code;
