import { describe, expect, it } from 'vitest';
import { createIntents, playersFor, type Intent } from './intents.ts';

function intents(seed: number, count = 5_000): Intent[] {
  const next = createIntents(seed, 30);
  return Array.from({ length: count }, (_, index) => next(index * 5));
}

describe('what is wanted', () => {
  it('is the same for the same seed and another for another', () => {
    expect(intents(1)).toEqual(intents(1));
    expect(intents(1)).not.toEqual(intents(2));
  });

  it('is mostly claims, and something of everything', () => {
    const byKind = Map.groupBy(intents(3), ({ kind }) => kind);
    expect(new Set(byKind.keys())).toEqual(
      new Set(['claim', 'check-in', 'read', 'refresh', 'register', 'ban', 'revoke']),
    );
    expect(byKind.get('claim')?.length).toBeGreaterThan(2_000);
  });

  it('is wanted by no more players than were made', () => {
    const players = intents(4).flatMap((intent) => ('player' in intent ? [intent.player] : []));
    expect(Math.max(...players)).toBeLessThan(playersFor(25_000));
  });

  it('is wanted by one player several times', () => {
    const claims = intents(5).flatMap((intent) =>
      intent.kind === 'claim' && intent.reward === 'welcome' ? [intent.player] : [],
    );
    expect(new Set(claims).size).toBeLessThan(claims.length * 0.9);
  });
});
