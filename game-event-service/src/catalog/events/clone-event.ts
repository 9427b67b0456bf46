import type { ClientSession } from 'mongodb';
import type { Caller } from 'service-kit/audit';
import { DomainError } from 'service-kit/http';
import type { CreateEventDeps } from './create-event.ts';
import { cloneEvent as draftOf, type GameEvent } from './event.ts';

export type CloneEvent = (eventId: string, by: Caller) => Promise<GameEvent>;

export interface CloneEventDeps extends CreateEventDeps {
  /** Gives the clone the same rewards as the original, at their full stock. */
  copyRewards: (originalId: string, clone: GameEvent, session: ClientSession) => Promise<void>;
}

/** Makes a draft like an event, with the same rewards at their full stock; no code of a coupon is in two pools. */
export function cloneEvent(deps: CloneEventDeps): CloneEvent {
  const { events, copyRewards, transact, audited, clock, newId } = deps;
  return async (eventId, by) => {
    const original = await events.find(eventId);
    if (!original) throw new DomainError('not_found', 'There is no such event');
    const event = draftOf(original, { id: newId('evt'), by: by.id, now: clock() });
    await audited({ action: 'clone-event', by, eventId: event.id, details: { of: eventId } }, (done) =>
      transact(async (tx) => {
        const { session } = tx;
        await events.insert({ event, by: by.id }, session);
        await copyRewards(eventId, event, session);
        await done(tx);
      }),
    );
    return event;
  };
}
