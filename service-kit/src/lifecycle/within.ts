/**
 * Waits for work, but no longer than that; the work itself goes on.
 *
 * @param tooLate made when the time is over
 * @throws what `tooLate` gives, or what the work throws
 */
export async function within<T>(ms: number, work: Promise<T>, tooLate: () => Error): Promise<T> {
  const timeout = Promise.withResolvers<never>();
  const timer = setTimeout(() => timeout.reject(tooLate()), ms);
  try {
    return await Promise.race([work, timeout.promise]);
  } finally {
    clearTimeout(timer);
  }
}
