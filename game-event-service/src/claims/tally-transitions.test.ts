import { describe, expect, it } from 'vitest';
import type { Tallies } from '../participation/progress/tally.ts';
import { tallyTransitions } from './tally-transitions.ts';

const plain = (tallies: Tallies) =>
  Object.fromEntries([...tallies].map(([id, figures]) => [id, Object.fromEntries(figures)]));

describe('tallyTransitions', () => {
  it('moves a claim from the state that it was in to the one that it is in', () => {
    const tallies = tallyTransitions(new Map(), [
      { eventId: 'evt_1', from: undefined, to: 'pending' },
      { eventId: 'evt_1', from: undefined, to: 'pending' },
      { eventId: 'evt_1', from: 'pending', to: 'granted' },
      { eventId: 'evt_2', from: 'pending', to: 'rejected' },
    ]);
    expect(plain(tallies)).toEqual({
      evt_1: { 'claims.pending': 1, 'claims.granted': 1 },
      evt_2: { 'claims.pending': -1, 'claims.rejected': 1 },
    });
  });
});
