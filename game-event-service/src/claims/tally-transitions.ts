import { tally, type Tallies } from '../participation/progress/tally.ts';
import type { ClaimStatus } from './claim.ts';

/** A claim that was in one state, or in none, and is in another now. */
export interface Transition {
  eventId: string;
  from: ClaimStatus | undefined;
  to: ClaimStatus;
}

/** A claim leaves the state in which it was counted, and is counted in the next. */
export function tallyTransitions(tallies: Tallies, transitions: Iterable<Transition>): Tallies {
  for (const { eventId, from, to } of transitions) {
    if (from !== undefined) tally(tallies, eventId, `claims.${from}`, -1);
    tally(tallies, eventId, `claims.${to}`, 1);
  }
  return tallies;
}
