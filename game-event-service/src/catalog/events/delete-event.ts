import type { ClientSession } from 'mongodb';
import type { Caller } from 'service-kit/audit';
import { assertPreconditions, DomainError, type Preconditions } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { Audited } from '../../audit/audit.ts';
import { etagOf } from './event-schema.ts';
import type { EventStore } from './event-store.ts';

export type DeleteEvent = (eventId: string, by: Caller, preconditions: Preconditions) => Promise<void>;

export interface DeleteEventDeps {
  events: EventStore;
  /** Removes the rewards of the event with their stock, and says which they were. */
  removeRewards: (eventId: string, session: ClientSession) => Promise<string[]>;
  transact: Transact<OutgoingMessage>;
  audited: Audited;
}

/** Removes a draft with its rewards; what has been more than a draft stays for ever. */
export function deleteEvent(deps: DeleteEventDeps): DeleteEvent {
  const { events, removeRewards, transact, audited } = deps;
  return (eventId, by, preconditions) =>
    audited({ action: 'delete-event', by, eventId }, (done) =>
      transact(async (tx) => {
        const { session } = tx;
        const event = await events.find(eventId, session);
        if (!event) throw new DomainError('not_found', 'There is no such event');
        assertPreconditions(preconditions, etagOf(event));
        if (event.status !== 'draft') throw new DomainError('event_in_use', 'Only a draft can be deleted');
        await events.remove(event, session);
        const removed = await removeRewards(eventId, session);
        await done(tx, { details: { rewards: removed } });
      }),
    );
}
