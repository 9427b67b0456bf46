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
   * Handles all items in one step, usually one transaction. Returns one result for each item, in the same order.
   * When it throws, the group is bisected until only the items that fail alone have failed.
   */
  run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** True for errors that no item caused, such as a lost connection: the whole group fails with them. */
  isUnavailable: (error: unknown) => boolean;
  /** How much an item counts for in the two limits below. Default 1. */
  sizeOf?: (item: Item) => number;
  /** Size of a run. A larger item has a run of its own. Default 256. */
  maxBatch?: number;
  /** Size that may wait. Items beyond it are refused with `service_unavailable`. Default 10,000. */
  maxQueued?: number;
  /**
   * Pause after each run, as a multiple of its duration, at most 100 ms. It makes batches larger when runs slow down under
   * CPU pressure. An item that arrives after the pause runs at once, and so does a full batch. Default 0: in two rounds
   * with claims, a ratio of 2 changed the rate from 438 and 597 to 558 and 661/s and the p99 from 452 and 480 to 893 and
   * 507 ms.
   */
  pauseRatio?: number;
  /**
   * Runs at the same time. Another run begins only while a full batch waits. For independent items whose runs mostly wait
   * for the database: with three, 256 players refreshed 2,208 instead of 2,032 sessions/s. Default 1.
   */
  maxRuns?: number;
  metrics?: Registry;
}

export interface GroupCommit<Item, Result> extends Component {
  /**
   * Resolves with the item's own result once its group is committed.
   *
   * @param signal aborted when the caller no longer waits. An item that has not begun by then is dropped, and rejected
   *   with `service_unavailable`.
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
 * Group commit: one run at a time (see `maxRuns`), and the items that arrive meanwhile share the next one. So many
 * writers of one hot document become one writer. A transaction for each of them would conflict with all others.
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
  /** Loops that run groups. Each ends when it finds no group. */
  let workers = 0;
  let runs = 0;
  let whenIdle: PromiseWithResolvers<void> | undefined;
  let pauseUntil = -Infinity;

  const isFull = (): boolean => queued >= maxBatch;

  async function runGroups(): Promise<void> {
    workers += 1;
    // All items of this turn of the event loop share the first run.
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
    // In the same turn as the check of the queue: an item that comes later starts a worker of its own.
    workers -= 1;
    if (workers > 0) return;
    whenIdle?.resolve();
    whenIdle = undefined;
  }

  /** Skips items whose callers have gone: their work would delay all others. */
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
        waiting.reject(
          new DomainError('service_unavailable', `The caller no longer waits for these ${name}`),
        );
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
        if (workers === 0 || (workers < maxRuns && isFull())) void runGroups();
      });
    },
    stop: async () => {
      if (workers === 0) return;
      whenIdle ??= Promise.withResolvers();
      await whenIdle.promise;
    },
  };
}
