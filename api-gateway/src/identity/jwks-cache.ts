import type { KeyObject } from 'node:crypto';
import type { Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import { type UnusableKey, readKeySet } from './read-key-set.ts';

// A key that is removed in an emergency is trusted for at most this long.
const REFRESH_MS = 60_000;
// Tokens of a new key are refused for at most this long. Tokens with invented key ids cause no more requests.
const COOLDOWN_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;

/**
 * auth-service's public keys by `kid`. Loaded keys stay through an outage of auth-service.
 *
 * Not jose's createRemoteJWKSet (6.2.18): it refuses every token while a due reload fails, its cooldown begins
 * only after a successful reload, and it does not reload in the background.
 */
export interface JwksCache {
  /** Whether a key set has been loaded. */
  loaded(): boolean;
  get(kid: string): KeyObject | undefined;
  /** Reloads the key set for an unknown `kid`, at most once in the cooldown. */
  lookUp(kid: string): Promise<KeyObject | undefined>;
  /** Loads the key set at the start, retries with backoff until that succeeds, then reloads it every minute. */
  component: Component;
}

export interface JwksCacheDeps {
  fetchKeySet: () => Promise<unknown>;
  now: () => number;
  logger: Logger;
}

export function createJwksCache({ fetchKeySet, now, logger }: JwksCacheDeps): JwksCache {
  let keys: ReadonlyMap<string, KeyObject> | undefined;
  let unusable: ReadonlySet<string> = new Set();
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
      logUnusable(read.unusable);
    } catch (error) {
      failures += 1;
      const level = keys ? 'warn' : 'error';
      logger[level]('Key set not loaded', { attempt: failures, known: keys?.size ?? 0, error });
    }
  }

  /** Logs each unusable key once while it is in the key set, not every minute. */
  function logUnusable(found: readonly UnusableKey[]): void {
    for (const { kid, reason } of found) {
      if (!unusable.has(`${kid}: ${reason}`)) logger.warn('Unusable key ignored', { kid, reason });
    }
    unusable = new Set(found.map(({ kid, reason }) => `${kid}: ${reason}`));
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
