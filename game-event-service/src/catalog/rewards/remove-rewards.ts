import type { ClientSession } from 'mongodb';
import type { RewardStore } from './reward-store.ts';
import type { StockStore } from './stock-store.ts';

/** @returns the ids of the rewards that are gone */
export type RemoveRewards = (eventId: string, session: ClientSession) => Promise<string[]>;

/** Removes the rewards of an event with their stock. */
export function removeRewards(deps: {
  rewards: Pick<RewardStore, 'removeAllOf'>;
  stock: Pick<StockStore, 'remove'>;
}): RemoveRewards {
  const { rewards, stock } = deps;
  return async (eventId, session) => {
    const removed = await rewards.removeAllOf(eventId, session);
    await stock.remove(removed, session);
    return removed;
  };
}
