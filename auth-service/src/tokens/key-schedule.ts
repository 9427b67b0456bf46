/** When a key is used, as it is stored. */
export interface KeyTimes {
  /** Which one in the row of keys. */
  sequence: number;
  /** From when it signs; until then it is published and signs nothing. Null: from the beginning. */
  signsFrom: Date | null;
}

/** Keys by what they are for at a moment. */
export interface KeySchedule<Key> {
  /** The signing key; undefined only if there is no key at all. */
  signing: Key | undefined;
  /** May have signed a token that is still good, or are about to sign; the newest first. */
  published: Key[];
  /** Every token that they signed is dead. */
  expired: Key[];
}

/** How far the clocks of those who sign and those who check may differ. */
const SKEW_MS = 60_000;

/**
 * Every instance decides this by itself from the same stored times, so that all change over at the same moment.
 *
 * @param keys the newest first
 * @param tokenLifeMs life of an access token, in milliseconds
 */
export function scheduleOf<Key extends KeyTimes>(
  keys: readonly Key[],
  now: Date,
  tokenLifeMs: number,
): KeySchedule<Key> {
  const hasExpired = (_: Key, index: number): boolean => {
    const next = keys[index - 1];
    return next !== undefined && beginOf(next) + tokenLifeMs + SKEW_MS <= now.getTime();
  };
  return {
    // None has begun where all that had were retired a moment ago and this clock is behind.
    signing: keys.find((key) => hasBegun(key, now)) ?? keys.at(-1),
    published: keys.filter((key, index) => !hasExpired(key, index)),
    expired: keys.filter(hasExpired),
  };
}

export const hasBegun = (key: KeyTimes, now: Date): boolean => beginOf(key) <= now.getTime();

export const FIRST_KEY: KeyTimes = { sequence: 1, signsFrom: null };

/**
 * Decides the times of the next key; undefined while one is about to sign, so that a rotation that is asked for
 * twice is one.
 *
 * @param keys the newest first
 * @param leadMs how long a key is published before it signs, in milliseconds
 */
export function nextKey(keys: readonly KeyTimes[], now: Date, leadMs: number): KeyTimes | undefined {
  const [newest] = keys;
  if (!newest || !hasBegun(newest, now)) return undefined;
  return { sequence: newest.sequence + 1, signsFrom: new Date(now.getTime() + leadMs) };
}

const beginOf = ({ signsFrom }: KeyTimes): number => signsFrom?.getTime() ?? Number.NEGATIVE_INFINITY;
