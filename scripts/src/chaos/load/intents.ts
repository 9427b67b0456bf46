import { seededRandom } from '../random.ts';

/** Rewards as players see them. */
export type RewardName = 'welcome' | 'attendance' | 'drop' | 'daily';

/** An operation of the load. A lost answer does not change it. */
export type Intent =
  | { kind: 'claim'; player: number; reward: RewardName }
  | { kind: 'check-in'; player: number }
  | { kind: 'read'; player: number }
  | { kind: 'refresh'; session: number }
  | { kind: 'register' }
  | { kind: 'ban'; player: number; seconds: number }
  | { kind: 'revoke' };

export type IntentKind = Intent['kind'];

const kinds: { weight: number; item: IntentKind }[] = [
  { weight: 52, item: 'claim' },
  { weight: 27, item: 'check-in' },
  { weight: 12, item: 'read' },
  { weight: 6, item: 'refresh' },
  { weight: 0.4, item: 'register' },
  { weight: 0.6, item: 'ban' },
  { weight: 2, item: 'revoke' },
];

const rewards: { weight: number; item: RewardName }[] = [
  { weight: 35, item: 'welcome' },
  { weight: 25, item: 'attendance' },
  { weight: 28, item: 'drop' },
  { weight: 12, item: 'daily' },
];

/** Number of players who are active at the same time. */
const ABOUT = 250;
const PLAYERS_PER_SECOND = 45;

/** @returns the players that a load of this length needs */
export function playersFor(durationMs: number): number {
  return ABOUT + Math.ceil((durationMs / 1_000) * PLAYERS_PER_SECOND) + 1;
}

/**
 * The intents of a load, in order. Players come and go: a few hundred are active at a time, and each of them repeats
 * its intents.
 */
export function createIntents(seed: number, sessions: number): (elapsedMs: number) => Intent {
  const random = seededRandom(seed, 'load');

  return (elapsedMs) => {
    const first = Math.floor((elapsedMs / 1_000) * PLAYERS_PER_SECOND);
    const player = first + random.between(0, ABOUT);
    const make: { [Kind in IntentKind]: () => Intent } = {
      claim: () => ({ kind: 'claim', player, reward: random.pickWeighted(rewards) }),
      'check-in': () => ({ kind: 'check-in', player }),
      read: () => ({ kind: 'read', player }),
      refresh: () => ({ kind: 'refresh', session: random.between(0, sessions - 1) }),
      register: () => ({ kind: 'register' }),
      ban: () => ({ kind: 'ban', player, seconds: random.between(1, 5) }),
      revoke: () => ({ kind: 'revoke' }),
    };
    return make[random.pickWeighted(kinds)]();
  };
}
