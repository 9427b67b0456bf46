export interface Backoff {
  /** Bound of the first pause, in milliseconds; each attempt doubles it. */
  firstMs: number;
  /** In milliseconds. */
  longestMs: number;
}

/**
 * How long to wait before the next attempt: uniform in [0, min(longest, first · 2^attempts)], so that those who failed
 * together do not come back together ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param attempts that failed before this one
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function fullJitter(
  attempts: number,
  { firstMs, longestMs }: Backoff,
  random: () => number = Math.random,
): number {
  return random() * Math.min(longestMs, firstMs * 2 ** attempts);
}
