import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Clock } from '../time.ts';
import type { NewId } from '../ids.ts';
import type { EventInput } from './event-schema.ts';
import type { EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';

export type CreateEvent = (input: EventInput, by: string) => Promise<GameEvent>;

export interface CreateEventDeps {
  events: EventStore;
  transact: Transact<OutgoingMessage>;
  clock: Clock;
  newId: NewId;
}

export function createEvent({ events, transact, clock, newId }: CreateEventDeps): CreateEvent {
  return async (input, by) => {
    const now = clock();
    const event: GameEvent = {
      ...input,
      id: newId('evt'),
      status: 'draft',
      version: 1,
      createdAt: now,
      updatedAt: now,
      createdBy: by,
    };
    await transact(({ session }) => events.insert({ event, by }, session));
    return event;
  };
}
