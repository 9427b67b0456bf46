import { describe, expect, it } from 'vitest';
import { isOfEpoch, minTokenVersion } from './session.ts';

describe('a session', () => {
  it.each([
    [0, 0, true],
    [1, 1, true],
    [0, 1, false],
    [3, 5, false],
  ])('of epoch %i lives in an account of epoch %i: %s', (epoch, sessionEpoch, lives) => {
    expect(isOfEpoch({ epoch }, { sessionEpoch })).toBe(lives);
  });
});

describe('the lowest version of an access token', () => {
  it.each([
    ["is the account's for a session that was never kept", null, 4],
    ['is that from before where the session was kept when the others ended last', { at: 4, from: 2 }, 2],
    ["is the account's again once something else has ended all tokens", { at: 3, from: 2 }, 4],
  ])('%s', (_, kept, expected) => {
    expect(minTokenVersion({ kept }, { tokenVersion: 4 })).toBe(expected);
  });
});
