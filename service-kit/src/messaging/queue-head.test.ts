import { describe, expect, it } from 'vitest';
import { createQueueHead, type QueueHead } from './queue-head.ts';

const LATE = 5_000;
const ALL_EVERY = 10_000;
const START = Date.parse('2026-11-29T10:00:00Z');

/** A queue with a manual clock. Rows are their times. */
function queue() {
  const rows = new Set<number>();
  const asked: number[] = [];
  let now = START;
  const head: QueueHead = createQueueHead({ lateMs: LATE, allEveryMs: ALL_EVERY, elapsed: () => now });

  const find = async (from: Date): Promise<number[]> => {
    asked.push(from.getTime());
    return [...rows].filter((row) => row >= from.getTime() && row <= now).toSorted((a, b) => a - b);
  };
  return {
    rows,
    asked,
    findDue: () => head.findDue(new Date(now), find, (row) => new Date(row)),
    findDueAndFail: () =>
      head.findDue(
        new Date(now),
        () => Promise.reject(new Error('away')),
        () => new Date(now),
      ),
    pass: (ms: number) => (now += ms),
  };
}

describe('queue head', () => {
  it('queries everything first, and then from the first row on', async () => {
    const { rows, asked, findDue, pass } = queue();
    rows.add(START - 3_600_000);
    expect(await findDue()).toEqual([START - 3_600_000]);
    pass(250);
    expect(await findDue()).toEqual([START - 3_600_000]);
    rows.clear();
    pass(250);
    expect(await findDue()).toEqual([]);
    pass(250);
    await findDue();
    const first = START - 3_600_000 - LATE;
    expect(asked).toEqual([0, first, first, START + 500 - LATE]);
  });

  it('finds a slightly late row at once, and a later one at the next full query', async () => {
    const { rows, findDue, pass } = queue();
    await findDue();
    pass(250);
    rows.add(START - 4_000);
    expect(await findDue()).toEqual([START - 4_000]);
    rows.clear();
    rows.add(START - 60_000);
    pass(250);
    expect(await findDue()).toEqual([]);
    pass(ALL_EVERY - 500);
    expect(await findDue()).toEqual([START - 60_000]);
  });

  it('does not move after a failed query', async () => {
    const { rows, asked, findDue, findDueAndFail, pass } = queue();
    rows.add(START - 60_000);
    await expect(findDueAndFail()).rejects.toThrow('away');
    pass(250);
    expect(await findDue()).toEqual([START - 60_000]);
    expect(asked).toEqual([0]);
  });

  it('never begins after now, even when the clock of the first row is ahead', async () => {
    const ahead = new Date(START + 60_000);
    const head = createQueueHead({ lateMs: LATE, elapsed: () => 0 });
    const asked: number[] = [];
    const find = async (from: Date): Promise<Date[]> => {
      asked.push(from.getTime());
      return [ahead];
    };
    for (const _ of [1, 2]) await head.findDue(new Date(START), find, (row) => row);
    expect(asked).toEqual([0, START - LATE]);
  });
});
