import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { RevocationPage } from './revocation.ts';
import { CursorRefusedError } from './revocation-source.ts';

const FIRST_RETRY_MS = 500;
const START_WITHIN_MS = 2_000;

/** Reads revocations from auth-service at the start, then at an interval. */
export interface RevocationPoll {
  /** Whether all revocations in force have been read once. */
  loaded(): boolean;
  /** Milliseconds since the last reading began; undefined before the first. */
  age(): number | undefined;
  /** Reads now. If a reading is running, reads once more after it, because it may have begun too early. */
  readNow(): void;
  component: Component;
}

export interface RevocationPollDeps {
  read: (cursor: string | undefined) => Promise<RevocationPage>;
  /** Applies a page. The same items may come again. */
  apply: (items: RevocationPage['items']) => void;
  /** Milliseconds between readings. The first reading is retried sooner. */
  intervalMs: number;
  logger: Logger;
}

export function createRevocationPoll({
  read,
  apply,
  intervalMs,
  logger,
}: RevocationPollDeps): RevocationPoll {
  let cursor: string | undefined;
  let readAt: number | undefined;
  let failures = 0;
  let running: Promise<void> | undefined;
  let again = false;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  async function readOnce(): Promise<void> {
    const startedAt = performance.now();
    try {
      const count = await readPages();
      if (failures > 0) logger.info('Revocations read again', { after: failures });
      if (readAt === undefined) logger.info('Revocations read', { count });
      readAt = startedAt;
      failures = 0;
    } catch (error) {
      if (stopped) return;
      if (error instanceof CursorRefusedError) {
        cursor = undefined;
        again = true;
      }
      failures += 1;
      const level = readAt === undefined ? 'error' : 'warn';
      if (failures === 1) logger[level]('Revocations not read', { ageMs: age(), error });
    }
  }

  /** A failed reading keeps its pages: the cursor says where to go on. */
  async function readPages(): Promise<number> {
    let count = 0;
    for (;;) {
      const page = await read(cursor);
      apply(page.items);
      cursor = page.cursor;
      count += page.items.length;
      if (!page.hasMore || stopped) return count;
    }
  }

  function poll(): Promise<void> {
    clearTimeout(timer);
    const startedAt = performance.now();
    running ??= readOnce().finally(() => {
      running = undefined;
      if (stopped) return;
      const pauseMs = again ? 0 : Math.max(pauseAfter() - (performance.now() - startedAt), 0);
      again = false;
      timer = setTimeout(() => void poll(), pauseMs);
      timer.unref();
    });
    return running;
  }

  function pauseAfter(): number {
    if (readAt !== undefined) return intervalMs;
    return Math.min(FIRST_RETRY_MS * 2 ** Math.max(failures - 1, 0), intervalMs);
  }

  function age(): number | undefined {
    return readAt === undefined ? undefined : performance.now() - readAt;
  }

  return {
    loaded: () => readAt !== undefined,
    age,
    readNow: () => {
      if (running) again = true;
      else if (!stopped) void poll();
    },
    component: {
      name: 'revocation poll',
      async start() {
        stopped = false;
        await Promise.race([poll(), delay(START_WITHIN_MS, undefined, { ref: false })]);
      },
      async stop() {
        stopped = true;
        clearTimeout(timer);
      },
    },
  };
}
