import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { RevocationPage } from './revocation.ts';
import { CursorRefusedError } from './revocation-source.ts';

const FIRST_RETRY_MS = 500;
const START_WITHIN_MS = 2_000;

/** Asks for revocations at the start, then again and again. */
export interface RevocationPoll {
  /** Whether everything that matters has been read once. */
  loaded(): boolean;
  /** Age of what is known, in milliseconds; undefined until something is. */
  age(): number | undefined;
  /** Reads now; when a reading is under way, once more after it, for it may have begun too early. */
  readNow(): void;
  component: Component;
}

export interface RevocationPollOptions {
  read: (cursor: string | undefined) => Promise<RevocationPage>;
  /** Takes what was read; the same may come again. */
  apply: (items: RevocationPage['items']) => void;
  /** From one reading to the next, in milliseconds. The first one is tried again sooner until it worked. */
  intervalMs: number;
  logger: Logger;
}

export function createRevocationPoll({
  read,
  apply,
  intervalMs,
  logger,
}: RevocationPollOptions): RevocationPoll {
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
      if (failures > 0) logger.info('Revocations can be read again', { after: failures });
      if (readAt === undefined) logger.info('Revocations were read', { count });
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
      if (failures === 1) logger[level]('Revocations could not be read', { ageMs: age(), error });
    }
  }

  /** What a reading that fails has read is not read again: the cursor says where to go on. */
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
