import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Bulkhead, type Guest } from './bulkhead.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function guest(): Guest & { state: string } {
  const self = {
    state: 'waiting',
    onAdmitted: () => void (self.state = 'inside'),
    onTurnedAway: () => void (self.state = 'away'),
  };
  return self;
}

/** Two may be inside, two may wait. */
function fullBulkhead() {
  const bulkhead = new Bulkhead({ limit: 2, queueLimit: 2, queueMs: 1_000 });
  const guests = [guest(), guest(), guest(), guest(), guest()] as const;
  for (const each of guests) bulkhead.enter(each);
  return { bulkhead, guests, states: () => guests.map(({ state }) => state) };
}

test('as many as may be are inside, as many as may wait do, and the others are turned away at once', () => {
  expect(fullBulkhead().states()).toEqual(['inside', 'inside', 'waiting', 'waiting', 'away']);
});

test('who leaves makes room for the one that has waited longest', () => {
  const { bulkhead, guests, states } = fullBulkhead();
  bulkhead.leave(guests[1]);
  expect(states().slice(2, 4)).toEqual(['inside', 'waiting']);
});

test('nobody waits for longer than the time for it', async () => {
  const { bulkhead, guests, states } = fullBulkhead();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states().slice(2)).toEqual(['away', 'away', 'away']);
  bulkhead.leave(guests[0]);
  const late = guest();
  bulkhead.enter(late);
  expect(late.state).toBe('inside');
});

test('who goes while waiting is not let in, and frees a place in the queue only', () => {
  const { bulkhead, guests, states } = fullBulkhead();
  bulkhead.leave(guests[2]);
  const next = guest();
  bulkhead.enter(next);
  expect(next.state).toBe('waiting');
  bulkhead.leave(guests[0]);
  expect(states().slice(2, 4)).toEqual(['waiting', 'inside']);
});
