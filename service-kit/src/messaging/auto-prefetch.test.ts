import { describe, expect, it } from 'vitest';
import { initialPrefetch, nextPrefetch } from './auto-prefetch.ts';

const batch = (waitMs: number, handFull: boolean) => ({ size: 10, waitMs, handleMs: 1, handFull });

describe('nextPrefetch', () => {
  it('begins with one batch being handled and one waiting', () => {
    expect(initialPrefetch(200)).toBe(400);
    expect(initialPrefetch(2_000)).toBe(2_000);
  });

  it('grows when the hand was full and nothing waited long', () => {
    expect(nextPrefetch(100, [batch(1, true)])).toBe(200);
  });

  it('stays when the prefetch was not the limit', () => {
    expect(nextPrefetch(100, [batch(1, false)])).toBe(100);
  });

  it('shrinks in proportion when even the shortest wait was too long', () => {
    expect(nextPrefetch(400, [batch(100, true), batch(300, true)])).toBe(200);
    expect(nextPrefetch(400, [batch(10_000, true)])).toBe(100);
  });

  it('does not shrink for one batch that waited', () => {
    expect(nextPrefetch(400, [batch(300, false), batch(2, false)])).toBe(400);
  });

  it('stays within 1 and 2,000, and leaves small changes alone', () => {
    expect(nextPrefetch(1_900, [batch(1, true)])).toBe(1_900);
    expect(nextPrefetch(1_500, [batch(1, true)])).toBe(2_000);
    expect(nextPrefetch(1, [batch(500, true)])).toBe(1);
    expect(nextPrefetch(400, [batch(55, true)])).toBe(400);
  });

  it('stays when nothing came', () => {
    expect(nextPrefetch(400, [])).toBe(400);
  });
});
