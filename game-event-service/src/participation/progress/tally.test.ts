import { describe, expect, it } from 'vitest';
import { tally, type Tallies } from './tally.ts';

describe('tally', () => {
  it('leaves nothing to be written where it comes to nothing', () => {
    const tallies: Tallies = new Map();
    tally(tallies, 'evt_1', 'participants', 1);
    tally(tallies, 'evt_1', 'participants', -1);
    expect(tallies.size).toBe(0);
  });
});
