import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { initialPrefetch, nextPrefetch } from './auto-prefetch.ts';

const BATCH = 200;
const batch = ({ waitMs = 0, handleMs = 10, idleMs = 0, full = true }) => ({
  size: full ? BATCH : 10,
  waitMs,
  handleMs,
  idleMs,
  full,
});
const next = (current: number, ...batches: Parameters<typeof batch>[0][]): number =>
  nextPrefetch(current, BATCH, batches.map(batch));

describe('nextPrefetch', () => {
  it('begins with one batch in work and one waiting', () => {
    expect(initialPrefetch(200)).toBe(400);
    expect(initialPrefetch(1)).toBe(2);
    expect(initialPrefetch(1_000)).toBe(2_000);
  });

  it('grows in proportion to the idle time between full batches', () => {
    expect(next(400, { handleMs: 2, idleMs: 2 })).toBe(800);
    expect(next(400, { handleMs: 1, idleMs: 2 }, { handleMs: 1, idleMs: 2 })).toBe(1_200);
  });

  it('stays while the handler is busy most of the time', () => {
    expect(next(400, { handleMs: 10, idleMs: 2 })).toBe(400);
  });

  it('stays when batches are small, because then the queue is empty', () => {
    expect(next(400, { full: false, handleMs: 1, idleMs: 500 })).toBe(400);
  });

  it('is not misled by one long pause', () => {
    expect(next(400, { idleMs: 60_000 }, {}, {})).toBe(400);
  });

  it('shrinks in proportion when even the shortest wait was too long', () => {
    expect(next(800, { waitMs: 100 }, { waitMs: 300 })).toBe(400);
  });

  it('does not shrink for one batch that waited, or for a small surplus', () => {
    expect(next(400, { waitMs: 300 }, { waitMs: 2 })).toBe(400);
    expect(next(400, { waitMs: 60 })).toBe(400);
  });

  it('keeps at least one batch, however long it takes', () => {
    expect(next(400, { waitMs: 200, handleMs: 200 })).toBe(200);
    expect(next(200, { waitMs: 10_000, handleMs: 10_000 })).toBe(200);
  });

  it('settles after the duration of a handler has changed', () => {
    // With one batch the handler is idle for a round trip of 2 ms; with two, a batch waits.
    expect(next(400, { waitMs: 198, handleMs: 200 })).toBe(200);
    expect(next(200, { idleMs: 2, handleMs: 200 })).toBe(200);
    expect(next(200, { idleMs: 2, handleMs: 4 })).toBe(400);
    expect(next(400, { waitMs: 2, handleMs: 4 })).toBe(400);
  });

  it('is a whole number of batches between 1 and 2,000', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1_000 }),
        fc.double({ min: 0, max: 100_000, noNaN: true }),
        fc.double({ min: 0, max: 100_000, noNaN: true }),
        (batchSize, waitMs, idleMs) => {
          const current = initialPrefetch(batchSize);
          const after = nextPrefetch(current, batchSize, [batch({ waitMs, idleMs, handleMs: 5 })]);
          expect(after % batchSize).toBe(0);
          expect(after).toBeGreaterThanOrEqual(batchSize);
          expect(after).toBeLessThanOrEqual(2_000);
        },
      ),
    );
  });

  it('stays without batches', () => {
    expect(next(400)).toBe(400);
  });
});
