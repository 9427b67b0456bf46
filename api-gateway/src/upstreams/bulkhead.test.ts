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

/** Two may be inside, two may wait. */
function fullBulkhead() {
  const bulkhead = new Bulkhead({ limit: 2, queueLimit: 2, queueMs: 1_000, share: 1 });
  const waiters = [waiter(), waiter(), waiter(), waiter(), waiter()] as const;
  for (const each of waiters) bulkhead.enter(each);
  return { bulkhead, waiters, states: () => waiters.map(({ state }) => state) };
}

it('as many as may be are inside, as many as may wait do, and the others are turned away at once', () => {
  expect(fullBulkhead().states()).toEqual(['inside', 'inside', 'waiting', 'waiting', 'away']);
});

it('who leaves makes room for the one that has waited longest', () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  bulkhead.leave(waiters[1]);
  expect(states().slice(2, 4)).toEqual(['inside', 'waiting']);
});

it('nobody waits for longer than the time for it', async () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(states().slice(2)).toEqual(['away', 'away', 'away']);
  bulkhead.leave(waiters[0]);
  const late = waiter();
  bulkhead.enter(late);
  expect(late.state).toBe('inside');
});

it('who goes while waiting is not let in, and frees a place in the queue only', () => {
  const { bulkhead, waiters, states } = fullBulkhead();
  bulkhead.leave(waiters[2]);
  const next = waiter();
  bulkhead.enter(next);
  expect(next.state).toBe('waiting');
  bulkhead.leave(waiters[0]);
  expect(states().slice(2, 4)).toEqual(['waiting', 'inside']);
});

/** The states of so many requests of a client that enter now. */
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

it('clients that wait take turns, and a client at its share is passed over', () => {
  const bulkhead = new Bulkhead({ limit: 64, queueLimit: 64, queueMs: 1_000, share: 0.5 });
  const greedy = enterMany(bulkhead, 'greedy', 64);
  const other = enterMany(bulkhead, 'other', 32);
  const late = enterMany(bulkhead, 'late', 3);
  expect(late.count('waiting')).toBe(3);
  // A place of the other client: the greedy one waits longest, but has its share.
  for (const each of other.waiters.slice(0, 2)) bulkhead.leave(each);
  expect([greedy.count('inside'), late.count('inside')]).toEqual([32, 2]);
  // Two places of the greedy client: it takes turns with the late one.
  for (const each of greedy.waiters.slice(0, 2)) bulkhead.leave(each);
  expect([greedy.count('inside'), late.count('inside')]).toEqual([33, 3]);
});

it('a bulkhead that is empty again remembers no client', () => {
  const bulkhead = new Bulkhead({ limit: 2, queueLimit: 2, queueMs: 1_000, share: 1 });
  const { waiters } = enterMany(bulkhead, 'one', 4);
  for (const each of waiters) bulkhead.leave(each);
  expect([bulkhead.inside, bulkhead.waiting]).toEqual([0, 0]);
  expect(enterMany(bulkhead, 'two', 3).count('inside')).toBe(2);
});

it('places too few to be shared are for everybody', () => {
  const bulkhead = new Bulkhead({ limit: 3, queueLimit: 3, queueMs: 1_000, share: 0.5 });
  expect(enterMany(bulkhead, 'one', 7).count('inside')).toBe(3);
});
