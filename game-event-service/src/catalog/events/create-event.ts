import type { Caller } from 'service-kit/audit';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import type { Clock, NewId } from 'service-kit/service';
import type { EventInput } from './event-schema.ts';
import type { EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';

export type CreateEvent = (input: EventInput, by: Caller) => Promise<GameEvent>;

export interface CreateEventDeps {
  events: EventStore;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
  clock: Clock;
  newId: NewId;
}

export function createEvent(deps: CreateEventDeps): CreateEvent {
  const { events, transact, audited, clock, newId } = deps;
  return async (input, by) => {
    const now = clock();
    const event: GameEvent = {
      ...input,
      id: newId('evt'),
      status: 'draft',
      version: 1,
      createdAt: now,
      updatedAt: now,
      createdBy: by.id,
    };
    await audited({ action: 'create-event', by, eventId: event.id }, (done) =>
      transact(async (tx) => {
        await events.insert({ event, by: by.id }, tx.session);
        await done(tx, { details: { kind: event.kind } });
      }),
    );
    return event;
  };
}
