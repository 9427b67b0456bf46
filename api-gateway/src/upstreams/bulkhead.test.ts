import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Bulkhead, type Waiter } from './bulkhead.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function waiter(client = 'one'): Waiter & { state: string } {
  const self = {
    client,
    state: 'waiting',
    onAdmitted: () => void (self.state = 'inside'),
    onRejected: () => void (self.state = 'away'),
  };
  return self;
}

/** Two places, and a queue of two. */
function fullBulkhead() {
  const bulkhead = new Bulkhead({ limit: 2, queueLimit: 2, queueMs: 1_000, share: 1 });
  const waiters = [waiter(), waiter(), waiter(), waiter(), waiter()] as const;
  for (const each of waiters) bulkhead.enter(each);
  return { bulkhead, waiters, states: () => waiters.map(({ state }) => state) };
}

it('admits up to the limit, queues up to the queue limit, and rejects the others at once', () => {
  expect(fullBulkhead().states()).toEqual(['inside', 'inside', 'waiting', 'waiting', 'away']);
});

it('a leaving request makes room for the one that has waited longest', () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  bulkhead.leave(waiters[1]);
  expect(states().slice(2, 4)).toEqual(['inside', 'waiting']);
});

it('a request waits no longer than the queue time', async () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states().slice(2)).toEqual(['away', 'away', 'away']);
  bulkhead.leave(waiters[0]);
  const late = waiter();
  bulkhead.enter(late);
  expect(late.state).toBe('inside');
});

it('a request that leaves while it waits is not admitted, and frees only a place in the queue', () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  bulkhead.leave(waiters[2]);
  const next = waiter();
  bulkhead.enter(next);
  expect(next.state).toBe('waiting');
  bulkhead.leave(waiters[0]);
  expect(states().slice(2, 4)).toEqual(['waiting', 'inside']);
});

/** The states of a number of requests of a client that enter now. */
function enterMany(bulkhead: Bulkhead, client: string, count: number) {
  const waiters = Array.from({ length: count }, () => waiter(client));
  for (const each of waiters) bulkhead.enter(each);
  return { waiters, count: (state: string) => waiters.filter((each) => each.state === state).length };
}

it('one client takes no more than its share of the places and of the queue', () => {
  const bulkhead = new Bulkhead({ limit: 64, queueLimit: 64, queueMs: 1_000, share: 0.5 });
  const greedy = enterMany(bulkhead, 'greedy', 1_000);
  expect([greedy.count('inside'), greedy.count('waiting'), greedy.count('away')]).toEqual([32, 32, 936]);
  expect(enterMany(bulkhead, 'other', 32).count('inside')).toBe(32);
  expect([bulkhead.inside, bulkhead.waiting]).toEqual([64, 32]);
});

it('waiting clients take turns, and a client at its share is skipped', () => {
  const bulkhead = new Bulkhead({ limit: 64, queueLimit: 64, queueMs: 1_000, share: 0.5 });
  const greedy = enterMany(bulkhead, 'greedy', 64);
  const other = enterMany(bulkhead, 'other', 32);
  const late = enterMany(bulkhead, 'late', 3);
  expect(late.count('waiting')).toBe(3);
  // A place of the other client is free: the greedy one has waited longest, but has its share.
  for (const each of other.waiters.slice(0, 2)) bulkhead.leave(each);
  expect([greedy.count('inside'), late.count('inside')]).toEqual([32, 2]);
  // Two places of the greedy client are free: it takes turns with the late one.
  for (const each of greedy.waiters.slice(0, 2)) bulkhead.leave(each);
  expect([greedy.count('inside'), late.count('inside')]).toEqual([33, 3]);
});

it('an empty bulkhead remembers no client', () => {
  const bulkhead = new Bulkhead({ limit: 2, queueLimit: 2, queueMs: 1_000, share: 1 });
  const { waiters } = enterMany(bulkhead, 'one', 4);
  for (const each of waiters) bulkhead.leave(each);
  expect([bulkhead.inside, bulkhead.waiting]).toEqual([0, 0]);
  expect(enterMany(bulkhead, 'two', 3).count('inside')).toBe(2);
});

it('one client may take all of a few places', () => {
  const bulkhead = new Bulkhead({ limit: 3, queueLimit: 3, queueMs: 1_000, share: 0.5 });
  expect(enterMany(bulkhead, 'one', 7).count('inside')).toBe(3);
});
