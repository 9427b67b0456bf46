import { describe, expect, it } from 'vitest';
import { takeToken, takeTokens } from './token-bucket.ts';

/** Takes a token at each of these times, in milliseconds. */
function takeAt(times: number[], size: { limit: number; windowSeconds: number }) {
  let fullAt = 0;
  return times.map((now) => {
    const [taken, full] = takeToken(fullAt, now, size);
    fullAt = full;
    return taken;
  });
}

describe('a token bucket', () => {
  const size = { limit: 3, windowSeconds: 60 };

  it('allows its limit at once, then one for each part of the window', () => {
    const taken = takeAt([0, 0, 0, 0, 19_900, 20_000, 20_000, 60_000, 60_000], size);
    expect(taken.map(({ allowed, remaining }) => (allowed ? remaining : 'refused'))).toEqual([
      2,
      1,
      0,
      'refused',
      'refused',
      0,
      'refused',
      1,
      0,
    ]);
  });

  it('says when one more is allowed', () => {
    expect(takeAt([0, 5_000, 5_000, 5_000], size).map(({ nextInMs }) => nextInMs)).toEqual([
      20_000, 15_000, 15_000, 15_000,
    ]);
  });

  it('loses no token to a refused request', () => {
    const tries = Array.from({ length: 1_000 }, () => 10_000);
    expect(takeAt([0, 0, 0, ...tries, 20_000], size).at(-1)).toMatchObject({ allowed: true });
  });

  it.each([
    { limit: 1, windowSeconds: 1 },
    { limit: 7, windowSeconds: 3 },
    { limit: 1_000, windowSeconds: 60 },
  ])('of $limit in $windowSeconds s gives all its tokens, at any time of the clock', (large) => {
    const now = 1_795_000_000_123.456;
    const first = Math.min(large.limit, 2_000);
    const taken = takeAt(
      Array.from({ length: first + 1 }, () => now),
      large,
    );
    expect(taken.slice(0, first).map(({ remaining }) => remaining)).toEqual(
      Array.from({ length: first }, (_, i) => large.limit - 1 - i),
    );
    expect(taken.at(-1)?.allowed).toBe(first < large.limit);
  });
});

describe('several buckets', () => {
  const [small, large] = [
    { limit: 1, windowSeconds: 60 },
    { limit: 3, windowSeconds: 60 },
  ];

  it('each give a token if all have one', () => {
    const taken = takeTokens(
      [
        { fullAt: 0, size: small },
        { fullAt: 0, size: large },
      ],
      0,
    );
    expect(taken).toEqual([
      [{ allowed: true, remaining: 0, nextInMs: 60_000 }, 60_000],
      [{ allowed: true, remaining: 2, nextInMs: 20_000 }, 20_000],
    ]);
  });

  it('give no token if one is empty, and report their state', () => {
    const taken = takeTokens(
      [
        { fullAt: 60_000, size: small },
        { fullAt: 20_000, size: large },
      ],
      0,
    );
    expect(taken).toEqual([
      [{ allowed: false, remaining: 0, nextInMs: 60_000 }, 60_000],
      [{ allowed: true, remaining: 2, nextInMs: 20_000 }, 20_000],
    ]);
  });
});
