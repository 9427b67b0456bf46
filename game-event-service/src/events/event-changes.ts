import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact } from 'service-kit/mongo';
import type { EventRevision, EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';

/** What becomes of an event; undefined where it stays as it is. */
export type Decide = (event: GameEvent) => GameEvent | undefined;

export interface EventChanges {
  /** @returns false when somebody else changed the event meanwhile */
  save(revision: EventRevision): Promise<boolean>;
  /**
   * Reads, decides and stores; when somebody else was faster, again on what the event is now.
   *
   * @throws {DomainError} `not_found`, `service_unavailable`, and what `decide` throws
   */
  change(eventId: string, about: Omit<EventRevision, 'event'>, decide: Decide): Promise<GameEvent>;
}

const MOST_TRIES = 10;

/** Every change of an event is decided on one version and stored as the next, so that none is lost to another. */
export function createEventChanges(deps: {
  events: EventStore;
  transact: Transact<OutgoingMessage>;
}): EventChanges {
  const { events, transact } = deps;
  const save = (revision: EventRevision): Promise<boolean> =>
    transact(({ session }) => events.update(revision, session));

  return {
    save,
    change: async (eventId, about, decide) => {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const event = await events.find(eventId);
        if (!event) throw new DomainError('not_found', 'There is no such event');
        const changed = decide(event);
        if (!changed) return event;
        if (await save({ ...about, event: changed })) return changed;
      }
      throw new DomainError('service_unavailable', 'The event changes too often just now', {
        headers: { 'retry-after': '1' },
      });
    },
  };
}
