import type { Registry } from '@prometheus-io/client';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '../http/domain-error.ts';
import { histogramOf } from '../metrics/metrics.ts';
import type { Component } from '../lifecycle/index.ts';
import { bisect } from './bisect.ts';

export interface GroupCommitOptions<Item, Result> {
  /** Names the group in metrics and errors. */
  name: string;
  /**
   * Handles all items in one step, usually one transaction, and answers each in the same place.
   * When it throws, the group is taken apart until only the items that fail alone have failed.
   */
  run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** True for errors that say nothing about the items: the whole group fails with them. */
  isUnavailable: (error: unknown) => boolean;
  /** How much an item counts for in the two limits below. Default 1. */
  sizeOf?: (item: Item) => number;
  /** Items in one run; one that is larger by itself has a run of its own. Default 256. */
  maxBatch?: number;
  /** Items that may wait; more are refused with `service_unavailable`. Default 10,000. */
  maxQueued?: number;
  /**
   * How long nothing begins after a run: so many times as long as it took, a tenth of a second at most. For runs that
   * cost much whatever is in them: when they grow slow, because processors are short, more items share each, which
   * leaves more of the processors to all. An item that comes later has its run at once, and so has a run that can grow
   * no larger. Default 0.
   */
  pauseRatio?: number;
  /**
   * Runs beside each other at most: another begins only while as much waits as it may hold. For items that have nothing
   * to do with each other, whose runs spend their time waiting. Default 1.
   */
  maxRuns?: number;
  metrics?: Registry;
}

export interface GroupCommit<Item, Result> extends Component {
  /**
   * Resolves with this item's own result once the group that it was in has been committed.
   *
   * @param signal aborted when nobody waits for the result any more: what has not begun by then is not done, and
   *   rejected with `service_unavailable`
   */
  submit(item: Item, signal?: AbortSignal): Promise<Result>;
  stop(): Promise<void>;
}

interface Waiting<Item, Result> {
  item: Item;
  size: number;
  signal: AbortSignal | undefined;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

const LONGEST_PAUSE_MS = 100;

/**
 * Group commit: one run is in flight at a time (`maxRuns` says otherwise), and what arrives meanwhile shares the next
 * one. Many writers of one hot document thus become one, which is what keeps throughput up where a transaction for each
 * collapses.
 *
 * Source of the idea: DeWitt et al., "Implementation Techniques for Main Memory Database Systems" (1984).
 */
export function createGroupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const { name, run, isUnavailable, maxBatch = 256, maxQueued = 10_000, metrics } = options;
  const { sizeOf = () => 1, pauseRatio = 0, maxRuns = 1 } = options;
  const sizes = histogramOf(metrics, {
    name: 'group_commit_size',
    help: 'Items that shared one commit',
    labelNames: ['group'],
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
  });
  let queue: Waiting<Item, Result>[] = [];
  let queued = 0;
  /** Each works off groups until there is none for it. */
  let workers = 0;
  let runs = 0;
  let whenIdle: PromiseWithResolvers<void> | undefined;
  let pauseUntil = -Infinity;

  const isFull = (): boolean => queued >= maxBatch;

  async function workOff(): Promise<void> {
    workers += 1;
    // Lets everything that arrives in this turn of the event loop share the first run.
    await new Promise(setImmediate);
    while (queue.length > 0 && (runs === 0 || isFull())) {
      const pause = pauseUntil - performance.now();
      if (pause > 0 && !isFull()) {
        await delay(pause);
        continue;
      }
      const group = nextGroup();
      if (group.length === 0) continue;
      sizes?.observe({ group: name }, group.length);
      const beganAt = performance.now();
      runs += 1;
      await settle(group);
      runs -= 1;
      const endedAt = performance.now();
      pauseUntil = endedAt + Math.min(LONGEST_PAUSE_MS, (endedAt - beganAt) * pauseRatio);
    }
    // In the same turn as the look at the queue: what comes from now on has a worker of its own.
    workers -= 1;
    if (workers > 0) return;
    whenIdle?.resolve();
    whenIdle = undefined;
  }

  /** Work for those who have gone makes everybody else wait longer, until they go as well. */
  function nextGroup(): Waiting<Item, Result>[] {
    const group: Waiting<Item, Result>[] = [];
    let taken = 0;
    let room = maxBatch;
    for (const waiting of queue) {
      const { signal, size } = waiting;
      if (!signal?.aborted && group.length > 0 && size > room) break;
      taken += 1;
      queued -= size;
      if (signal?.aborted) {
        waiting.reject(new DomainError('service_unavailable', `Nobody waits for these ${name} any more`));
        continue;
      }
      group.push(waiting);
      room -= size;
    }
    queue = queue.slice(taken);
    return group;
  }

  async function settle(group: Waiting<Item, Result>[]): Promise<void> {
    const results = await bisect(
      group.map(({ item }) => item),
      run,
      { isUnavailable },
    );
    for (const [index, result] of results.entries()) {
      const waiting = group[index];
      if (result.status === 'fulfilled') waiting?.resolve(result.value);
      else waiting?.reject(result.reason);
    }
  }

  return {
    name: `group commit ${name}`,
    submit: (item, signal) => {
      const size = sizeOf(item);
      if (queue.length > 0 && queued + size > maxQueued) {
        return Promise.reject(
          new DomainError('service_unavailable', `Too many ${name} are waiting`, {
            headers: { 'retry-after': '1' },
          }),
        );
      }
      return new Promise((resolve, reject) => {
        queued += size;
        queue.push({ item, size, signal, resolve, reject });
        if (workers === 0 || (workers < maxRuns && isFull())) void workOff();
      });
    },
    stop: async () => {
      if (workers === 0) return;
      whenIdle ??= Promise.withResolvers();
      await whenIdle.promise;
    },
  };
}
