import type { ClientSession } from 'mongodb';
import type { NewId } from 'service-kit/service';
import type { GameEvent } from '../events/event.ts';
import type { RewardStore } from './reward-store.ts';
import type { StockStore } from './stock-store.ts';

export type CopyRewards = (originalId: string, clone: GameEvent, session: ClientSession) => Promise<void>;

/** Gives the clone of an event the same rewards at their full stock; no code of a coupon is in two pools. */
export function copyRewards(deps: {
  rewards: Pick<RewardStore, 'allOf' | 'insert'>;
  stock: Pick<StockStore, 'findAll' | 'create'>;
  newId: NewId;
}): CopyRewards {
  const { rewards, stock, newId } = deps;
  return async (originalId, event, session) => {
    const originals = await rewards.allOf(originalId, session);
    const totals = await stock.findAll(originals, session);
    for (const reward of originals) {
      const clone = {
        ...reward,
        id: newId('rwd'),
        eventId: event.id,
        version: 1,
        createdAt: event.createdAt,
      };
      await rewards.insert(clone, session);
      await stock.create(clone, totals.get(reward.id)?.total ?? null, session);
    }
  };
}
