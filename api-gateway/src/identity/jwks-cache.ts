import type { KeyObject } from 'node:crypto';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { type PassedOver, readKeySet } from './read-key-set.ts';

// How long a key that was retired in an emergency may go on being believed here.
const REFRESH_MS = 60_000;
// How long tokens of a key that is new may be refused. Whoever makes up key ids causes no more requests than this.
const COOLDOWN_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/** auth-service's public keys by `kid`. Keys once loaded outlive an outage of auth-service. */
export interface JwksCache {
  /** Whether a key set has ever been loaded. */
  loaded(): boolean;
  get(kid: string): KeyObject | undefined;
  /** Looks an unknown `kid` up at the source, at most once a cooldown, however many ask. */
  lookUp(kid: string): Promise<KeyObject | undefined>;
  /** Loads the set at start, again with backoff until that worked, then every minute. */
  component: Component;
}

export interface JwksCacheOptions {
  fetchKeySet: () => Promise<unknown>;
  now: () => number;
  logger: Logger;
}

export function createJwksCache({ fetchKeySet, now, logger }: JwksCacheOptions): JwksCache {
  let keys: ReadonlyMap<string, KeyObject> | undefined;
  let passedOver: ReadonlySet<string> = new Set();
  let lastAskedAt = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;

  async function load(): Promise<void> {
    lastAskedAt = now();
    try {
      const read = readKeySet(await fetchKeySet());
      keys = read.keys;
      failures = 0;
      notePassedOver(read.passedOver);
    } catch (error) {
      failures += 1;
      const level = keys ? 'warn' : 'error';
      logger[level]('key set could not be loaded', { attempt: failures, known: keys?.size ?? 0, error });
    }
  }

  /** Once for each as long as it is in the set, not every minute. */
  function notePassedOver(unusable: readonly PassedOver[]): void {
    const now = new Set(unusable.map(({ kid, reason }) => `${kid}: ${reason}`));
    for (const { kid, reason } of unusable) {
      if (!passedOver.has(`${kid}: ${reason}`)) logger.warn('Key passed over', { kid, reason });
    }
    passedOver = now;
  }

  function refresh(): Promise<void> {
    running ??= load().finally(() => {
      running = undefined;
      schedule();
    });
    return running;
  }

  function schedule(): void {
    clearTimeout(timer);
    if (stopped) return;
    const retryMs = Math.min(FIRST_RETRY_MS * 2 ** Math.max(failures - 1, 0), LAST_RETRY_MS);
    timer = setTimeout(() => void refresh(), failures > 0 ? retryMs : REFRESH_MS);
    timer.unref();
  }

  return {
    loaded: () => keys !== undefined,
    get: (kid) => keys?.get(kid),
    async lookUp(kid) {
      const known = keys?.get(kid);
      if (known) return known;
      if (running === undefined && now() - lastAskedAt < COOLDOWN_MS) return undefined;
      await refresh();
      return keys?.get(kid);
    },
    component: {
      name: 'key set',
      async start() {
        stopped = false;
        await refresh();
      },
      async stop() {
        stopped = true;
        clearTimeout(timer);
      },
    },
  };
}
