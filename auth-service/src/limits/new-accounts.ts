import { networkOf } from 'service-kit/http';
import { rateLimited } from './rate-limited.ts';
import type { SlidingWindow } from './sliding-window.ts';

/**
 * Counts an account that an address is about to open.
 *
 * @throws problem `rate_limited`
 */
export type CountNewAccount = (address: string | null) => Promise<void>;

export function createNewAccountCount(window: SlidingWindow): CountNewAccount {
  return async (address) => {
    const waitMs = await window.take(networkOf(address));
    if (waitMs !== undefined) throw rateLimited(waitMs);
  };
}
