import { describe, expect, it } from 'vitest';
import { tally, tallyTransitions, type Tallies } from './tally.ts';

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

describe('tally', () => {
  it('leaves nothing to be written where it comes to nothing', () => {
    const tallies: Tallies = new Map();
    tally(tallies, 'evt_1', 'participants', 1);
    tally(tallies, 'evt_1', 'participants', -1);
    expect(tallies.size).toBe(0);
  });
});
