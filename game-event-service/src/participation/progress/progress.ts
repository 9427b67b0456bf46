import type { Counters } from '../../catalog/conditions/counter.ts';

/** What one account has done in one event. */
export interface Progress extends Counters {
  eventId: string;
  accountId: string;
}

export const progressIdOf = (eventId: string, accountId: string): string => `${eventId}:${accountId}`;
