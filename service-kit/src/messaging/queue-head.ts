export interface QueueHead {
  /**
   * Looks for what is due, and remembers where that began.
   *
   * @param now by the clock that the queue's times are of
   * @param find asks the index from this time on, the earliest first
   * @param timeOf the time by which a row lies in the index
   * @throws what `find` throws
   */
  findDue<Row>(
    now: Date,
    find: (from: Date) => Promise<Row[]>,
    timeOf: (row: NoInfer<Row>) => Date,
  ): Promise<Row[]>;
}

export interface QueueHeadOptions {
  /** How late a row may come to its place and still be found at once, in milliseconds. Default 5,000. */
  lateMs?: number;
  /** How often everything is looked at, for what came later than that, in milliseconds. Default 10,000. */
  allEveryMs?: number;
  /** Monotonic time, in milliseconds. */
  elapsed?: () => number;
}

const BEGINNING = new Date(0);

/**
 * Where an index begins that is worked off in the order of time, as that of an outbox is. What has left an index stays in
 * MongoDB's storage for as long as somebody may ask for the past (`minSnapshotHistoryWindowInSeconds`, five minutes),
 * and whoever asks for the first entry walks over all of it: ten thousand of them take some milliseconds, each time.
 */
export function createQueueHead({
  lateMs = 5_000,
  allEveryMs = 10_000,
  elapsed = () => performance.now(),
}: QueueHeadOptions = {}): QueueHead {
  let head = BEGINNING;
  let lookedAtAll = -Infinity;

  return {
    findDue: async (now, find, timeOf) => {
      const startedAt = elapsed();
      const all = startedAt - lookedAtAll >= allEveryMs;
      const found = await find(all ? BEGINNING : head);
      const [first] = found;
      const begins = first === undefined ? now : timeOf(first);
      head = new Date(Math.max(0, Math.min(now.getTime(), begins.getTime()) - lateMs));
      if (all) lookedAtAll = startedAt;
      return found;
    },
  };
}
