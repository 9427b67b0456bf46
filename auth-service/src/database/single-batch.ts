import type { ClientSession } from 'mongodb';

/** Options of a read of at most these ids. By default MongoDB's first batch has 101 documents, and each further one is a round trip. */
export const singleBatch = (ids: readonly string[], session: ClientSession) => ({
  session,
  batchSize: ids.length + 1,
});
