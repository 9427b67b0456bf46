import { DomainError } from 'service-kit/http';
import type { OutgoingMessage } from 'service-kit/messaging';
import type { Transact, Transaction } from 'service-kit/mongo';
import type { EventRevision, EventStore } from './event-store.ts';
import type { GameEvent } from './event.ts';

/** The changed event; undefined if it stays as it is. */
export type Decide = (event: GameEvent) => GameEvent | undefined;

/** Brings the rules of an event, as they are now, into the memory of this instance. */
export type RefreshRules = (eventId: string) => Promise<void>;

/** Called with a change in the transaction that stores it. */
export type Stored = (
  tx: Transaction<OutgoingMessage>,
  change: { before: GameEvent; after: GameEvent },
) => Promise<void>;

export interface EventChanges {
  /** @returns false if another change was stored meanwhile */
  save(revision: EventRevision): Promise<boolean>;
  /**
   * Reads, decides and stores. If another change was faster, it decides again on the event as it is now.
   *
   * @throws {DomainError} `not_found`, `service_unavailable`, and the errors of `decide`
   */
  change(
    eventId: string,
    about: Omit<EventRevision, 'event'>,
    decide: Decide,
    stored: Stored,
  ): Promise<GameEvent>;
}

const MOST_TRIES = 10;

/** Every change of an event is decided on one version and stored as the next, so that none is lost to another. */
export function createEventChanges(deps: {
  events: EventStore;
  transact: Transact<OutgoingMessage>;
  refreshRules: RefreshRules;
}): EventChanges {
  const { events, transact, refreshRules } = deps;

  return {
    save: (revision) => transact(({ session }) => events.update(revision, session)),
    change: async (eventId, about, decide, stored) => {
      for (let tries = 0; tries < MOST_TRIES; tries += 1) {
        const before = await events.find(eventId);
        if (!before) throw new DomainError('not_found', 'There is no such event');
        const after = decide(before);
        if (!after) return before;
        const isSaved = await transact(async (tx) => {
          const isUpdated = await events.update({ ...about, event: after }, tx.session);
          if (isUpdated) await stored(tx, { before, after });
          return isUpdated;
        });
        if (isSaved) {
          await refreshRules(eventId);
          return after;
        }
      }
      throw new DomainError('service_unavailable', 'The event changes too often just now', {
        headers: { 'retry-after': '1' },
      });
    },
  };
}
