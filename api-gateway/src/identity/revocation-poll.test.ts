import { afterEach, expect, it, vi } from 'vitest';
import { createRevocationPoll, type RevocationPoll } from './revocation-poll.ts';
import type { RevocationPage } from './revocation.ts';

const logger = {
  error: () => undefined,
  warn: () => undefined,
  info: () => undefined,
  debug: () => undefined,
  child: () => logger,
};
let poll: RevocationPoll;
afterEach(() => poll.component.stop?.());

/** A poll whose readings a test answers one by one. */
function heldPoll(intervalMs: number) {
  const readings: { cursor: string | undefined; answer: (page: RevocationPage) => void }[] = [];
  poll = createRevocationPoll({
    read: (cursor) => new Promise((answer) => readings.push({ cursor, answer })),
    apply: () => undefined,
    intervalMs,
    logger,
  });
  void poll.component.start?.();
  return readings;
}

it('a reading that is requested during another follows it, because the other may have begun too early', async () => {
  const readings = heldPoll(60_000);
  expect(readings).toHaveLength(1);
  poll.readNow();
  poll.readNow();
  expect(readings).toHaveLength(1);
  readings[0]?.answer({ items: [], cursor: 'c1' });
  await vi.waitFor(() => expect(readings.map(({ cursor }) => cursor)).toEqual([undefined, 'c1']));
});

it('a reading continues while there are more pages, and counts only when it is complete', async () => {
  const readings = heldPoll(60_000);
  readings[0]?.answer({ items: [], cursor: 'c1', hasMore: true });
  await vi.waitFor(() => expect(readings).toHaveLength(2));
  expect(poll.loaded()).toBe(false);
  readings[1]?.answer({ items: [], cursor: 'c2', hasMore: false });
  await vi.waitFor(() => expect(poll.loaded()).toBe(true));
  expect(readings.map(({ cursor }) => cursor)).toEqual([undefined, 'c1']);
});

it('a reading longer than the interval is not doubled, and the next one follows at once', async () => {
  const readings = heldPoll(20);
  const began = performance.now();
  await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(100));
  expect(readings).toHaveLength(1);
  readings[0]?.answer({ items: [], cursor: 'c1' });
  await vi.waitFor(() => expect(readings).toHaveLength(2));
});

it('nothing is read after a stop', async () => {
  const readings = heldPoll(20);
  await poll.component.stop?.();
  poll.readNow();
  readings[0]?.answer({ items: [], cursor: 'c1' });
  await new Promise(setImmediate);
  poll.readNow();
  const began = performance.now();
  await vi.waitFor(() => expect(performance.now() - began).toBeGreaterThan(100));
  expect(readings).toHaveLength(1);
});

it('a page that could not be applied is read again', async () => {
  const cursors: (string | undefined)[] = [];
  poll = createRevocationPoll({
    read: async (cursor) => {
      cursors.push(cursor);
      return { items: [], cursor: `c${cursors.length}` };
    },
    apply: () => {
      if (cursors.length === 2) throw new Error('broken');
    },
    intervalMs: 20,
    logger,
  });
  await poll.component.start?.();
  await vi.waitFor(() => expect(cursors.slice(0, 4)).toEqual([undefined, 'c1', 'c1', 'c3']));
});
