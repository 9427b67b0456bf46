import type { Counter, Counters } from '../../catalog/conditions/counter.ts';

/** What one account has done in one event. */
export interface Progress extends Counters {
  eventId: string;
  accountId: string;
}

/** A counter as it has to be; undefined where nothing is to be counted. */
export interface CounterChange {
  eventId: string;
  accountId: string;
  counterKey: string;
  counter: Counter | undefined;
}

export const progressIdOf = (eventId: string, accountId: string): string => `${eventId}:${accountId}`;
