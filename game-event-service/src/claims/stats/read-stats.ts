import { DomainError } from 'service-kit/http';
import type { EventStore } from '../../catalog/events/event-store.ts';
import type { RewardStore } from '../../catalog/rewards/reward-store.ts';
import type { StockFigures } from '../../catalog/rewards/stock.ts';
import type { StockStore } from '../../catalog/rewards/stock-store.ts';
import type { EventFigures, StatsStore } from '../stats-store.ts';

export interface EventStats extends EventFigures {
  eventId: string;
  stock: (StockFigures & { rewardId: string })[];
}

export type ReadStats = (eventId: string) => Promise<EventStats>;

/** How far accounts have come in an event, from taking part to what they were given. */
export function readStats(deps: {
  events: Pick<EventStore, 'find'>;
  rewards: Pick<RewardStore, 'rulesOf'>;
  stock: Pick<StockStore, 'figuresOf'>;
  stats: Pick<StatsStore, 'figuresOf'>;
}): ReadStats {
  const { events, rewards, stock, stats } = deps;
  return async (eventId) => {
    const event = await events.find(eventId);
    if (!event) throw new DomainError('not_found', 'There is no such event');
    const figures = await stats.figuresOf(eventId);
    const units = await stock.figuresOf((await rewards.rulesOf([eventId])).get(eventId) ?? []);
    return {
      eventId,
      ...figures,
      // An event without a condition: every participant may claim.
      eligible: event.condition ? figures.eligible : figures.participants,
      stock: Array.from(units, ([rewardId, each]) => ({ rewardId, ...each })),
    };
  };
}
