import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  limitMs: number;
  everyMs?: number;
  /** What is waited for, for the message when it never came. */
  what: string;
  /** Ends the wait early, with the signal's reason. */
  signal?: AbortSignal;
}

/** Asks again and again until the answer is neither `undefined` nor `false`; a probe that throws counts as "not yet". */
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
      throw new Error(`${options.what} was waited for ${options.limitMs / 1000} s in vain${reason}`);
    }
    await delay(options.everyMs ?? 100);
  }
}
