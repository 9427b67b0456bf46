import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  limitMs: number;
  everyMs?: number;
  /** The thing that is waited for, for the error message. */
  what: string;
  /** Ends the wait early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Calls the probe until its answer is neither `undefined` nor `false`. A probe that throws is called again. */
export async function waitUntil<T extends object | string | number | true>(
  probe: () => Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadline = Date.now() + options.limitMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      const reason = lastError instanceof Error ? ` (${lastError.message})` : '';
      throw new Error(`${options.what} did not come within ${options.limitMs / 1000} s${reason}`);
    }
    await delay(options.everyMs ?? 100);
  }
}
