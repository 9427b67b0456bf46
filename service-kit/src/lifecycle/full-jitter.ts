export interface Backoff {
  /** Upper bound of the first pause, in milliseconds. Each attempt doubles it. */
  firstMs: number;
  /** Largest upper bound, in milliseconds. */
  longestMs: number;
}

/**
 * The pause before the next attempt: uniform in [0, min(longest, first · 2^attempts)], so that clients that failed together
 * do not retry together ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
 *
 * @param attempts number of failures before the last one
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
