import { describe, expect, it } from 'vitest';
import { buildsOf, compareBuilds } from './compare-builds.ts';

describe('compareBuilds', () => {
  it('gives the ratio of the medians of each pair of candidates', () => {
    const [own, other] = buildsOf('/checkouts/old').map(({ suffix }) => suffix);
    const measured = [
      { candidate: `64 clients${own}`, rounds: [{ rate: 95 }, { rate: 99 }, { rate: 90 }] },
      { candidate: `64 clients${other}`, rounds: [{ rate: 100 }, { rate: 100 }, { rate: 400 }] },
    ];
    expect(compareBuilds(measured, ['rate'])).toEqual([
      '64 clients: this build has rate 95 % of the other build',
    ]);
  });

  it('says nothing of one build alone', () => {
    expect(buildsOf(undefined).map(({ suffix }) => suffix)).toEqual(['']);
    expect(compareBuilds([{ candidate: '64 clients', rounds: [{ rate: 1 }] }], ['rate'])).toEqual([]);
  });
});
