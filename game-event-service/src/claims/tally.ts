import type { ClaimStatus } from './claim.ts';

/** What is counted of an event. */
export type Figure = 'participants' | 'eligible' | `claims.${ClaimStatus}`;

/** What is to be added to the figures of events, by event. */
export type Tallies = Map<string, Map<Figure, number>>;

/** A claim that was in one state, or in none, and is in another now. */
export interface Transition {
  eventId: string;
  from: ClaimStatus | undefined;
  to: ClaimStatus;
}

export function tally(tallies: Tallies, eventId: string, figure: Figure, count: number): void {
  const figures = tallies.get(eventId) ?? new Map<Figure, number>();
  const sum = (figures.get(figure) ?? 0) + count;
  // Nothing is written where what was added was taken away again.
  if (sum === 0) figures.delete(figure);
  else figures.set(figure, sum);
  if (figures.size === 0) tallies.delete(eventId);
  else tallies.set(eventId, figures);
}

/** A claim leaves the state in which it was counted, and is counted in the next. */
export function tallyTransitions(tallies: Tallies, transitions: Iterable<Transition>): Tallies {
  for (const { eventId, from, to } of transitions) {
    if (from !== undefined) tally(tallies, eventId, `claims.${from}`, -1);
    tally(tallies, eventId, `claims.${to}`, 1);
  }
  return tallies;
}
