import type { Caller } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { RewardStore } from '../rewards/reward-store.ts';
import type { StockStore } from '../rewards/stock-store.ts';
import type { CreateEventDeps } from './create-event.ts';
import { cloneEvent as draftOf, type GameEvent } from './event.ts';

export type CloneEvent = (eventId: string, by: Caller) => Promise<GameEvent>;

export interface CloneEventDeps extends CreateEventDeps {
  rewards: RewardStore;
  stock: StockStore;
}

/** Makes a draft like an event, with the same rewards at their full stock; no code of a coupon is in two pools. */
export function cloneEvent(deps: CloneEventDeps): CloneEvent {
  const { events, rewards, stock, transact, audited, clock, newId } = deps;
  return async (eventId, by) => {
    const original = await events.find(eventId);
    if (!original) throw new DomainError('not_found', 'There is no such event');
    const event = draftOf(original, { id: newId('evt'), by: by.id, now: clock() });
    await audited({ action: 'clone-event', by, eventId: event.id, details: { of: eventId } }, (done) =>
      transact(async (tx) => {
        const { session } = tx;
        await events.insert({ event, by: by.id }, session);
        const originals = await rewards.allOf(eventId, session);
        const totals = await stock.findAll(
          originals.map(({ id }) => id),
          session,
        );
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
        await done(tx);
      }),
    );
    return event;
  };
}
