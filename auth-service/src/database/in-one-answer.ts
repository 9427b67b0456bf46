import type { ClientSession } from 'mongodb';

/** For a read of so many ids at most: MongoDB's first answer has 101 documents otherwise, and each further one is a round trip. */
export const inOneAnswer = (ids: readonly string[], session: ClientSession) => ({
  session,
  batchSize: ids.length + 1,
});
