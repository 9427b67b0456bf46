import { describe, expect, it } from 'vitest';
import { waitOf } from './claim-wait.ts';

describe('the time for which a claim waits', () => {
  it.each([
    [undefined, { ms: 2_000 }],
    ['respond-async', { ms: 2_000 }],
    ['wait=0', { ms: 0, applied: 'wait=0' }],
    ['respond-async, wait=5', { ms: 5_000, applied: 'wait=5' }],
    ['WAIT = "3" ; x=1', { ms: 3_000, applied: 'wait=3' }],
    ['wait=600', { ms: 8_000, applied: 'wait=8' }],
    ['wait=-1', { ms: 2_000 }],
    ['wait=soon', { ms: 2_000 }],
    ['await=5', { ms: 2_000 }],
  ])('is for Prefer: %s %o', (prefer, wait) => {
    expect(waitOf(prefer, 2_000)).toEqual(wait);
  });
});
