import type { Clock } from '../time.ts';
import type { NewId } from '../ids.ts';
import type { EventInput } from './event-schema.ts';
import type { EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';

export type CreateEvent = (input: EventInput, by: string) => Promise<GameEvent>;

export function createEvent(deps: { events: EventStore; clock: Clock; newId: NewId }): CreateEvent {
  return async (input, by) => {
    const now = deps.clock();
    const event: GameEvent = {
      ...input,
      id: deps.newId('evt'),
      status: 'draft',
      version: 1,
      createdAt: now,
      updatedAt: now,
      createdBy: by,
    };
    await deps.events.insert(event);
    return event;
  };
}
