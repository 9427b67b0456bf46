import type { RedisClient } from 'service-kit/redis';
import type { Account } from './account.ts';

/** Copies of accounts that are quick to read. MongoDB has the truth, and losing this loses nothing. */
export interface AccountCache {
  put(accounts: readonly Account[]): Promise<void>;
}

export const accountKey = (accountId: string): string => `account:${accountId}`;

export function createAccountCache(redis: RedisClient): AccountCache {
  return {
    // Separate commands in one go (the client pipelines them): in a cluster each key may live elsewhere.
    put: async (accounts) => {
      await Promise.all(
        accounts.map((account) => redis.set(accountKey(account.id), JSON.stringify(account))),
      );
    },
  };
}
