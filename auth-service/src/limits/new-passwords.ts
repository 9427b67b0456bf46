import { rateLimited } from './rate-limited.ts';
import type { SlidingWindow } from './sliding-window.ts';

/**
 * Counts a new password that is about to be judged for an account. Who sends it knows the current password or a
 * reset token, so nobody can use the count up for the owner.
 *
 * @throws problem `rate_limited`
 */
export type CountNewPassword = (accountId: string) => Promise<void>;

export function createNewPasswordCount(window: SlidingWindow): CountNewPassword {
  return async (accountId) => {
    const waitMs = await window.take(accountId);
    if (waitMs !== undefined) throw rateLimited(waitMs);
  };
}
