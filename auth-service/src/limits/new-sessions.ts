import { networkOf } from 'service-kit/http';
import { rateLimited } from './rate-limited.ts';
import type { SlidingWindow } from './sliding-window.ts';

/** Counts sessions that are about to be opened; to be asked in this order. Both throw the problem `rate_limited`. */
export interface CountNewSession {
  /**
   * Before anything is known of the caller, and before a password is hashed for it.
   *
   * @returns uncounts it, for a try that opens none
   */
  from(address: string | null): Promise<() => Promise<void>>;
  /** Once the caller has shown that the account is his: strangers must not use its number up. */
  of(accountId: string): Promise<void>;
}

export function createNewSessionCount(windows: {
  account: SlidingWindow;
  address: SlidingWindow;
}): CountNewSession {
  const { account, address: network } = windows;

  async function take(window: SlidingWindow, key: string): Promise<void> {
    const waitMs = await window.take(key);
    if (waitMs !== undefined) throw rateLimited(waitMs);
  }

  return {
    from: async (address) => {
      const key = networkOf(address);
      await take(network, key);
      return () => network.giveBack(key);
    },
    of: (accountId) => take(account, accountId),
  };
}
