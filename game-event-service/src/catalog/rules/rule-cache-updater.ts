import { setTimeout as delay } from 'node:timers/promises';
import { fullJitter, type Component } from 'service-kit/lifecycle';
import type { Logger } from 'service-kit/logging';
import type { EventFeed, FollowEvents } from '../events/event-feed.ts';
import type { RuleCache } from './rule-cache.ts';

/** Together with the time that the database keeps a question open, this is within the second that is promised. */
const FRESH_MS = 700;
const BACKOFF = { firstMs: 500, longestMs: 5_000 };

export interface RuleCacheUpdater extends Component {
  /** Whether the cache has every change that is a second old. */
  isFresh: () => boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Keeps the cache up to date. It follows what changes from a moment before it loads, so that nothing slips in
 * between; where it may have missed something, because the feed broke, it loads again.
 */
export function createRuleCacheUpdater(deps: {
  follow: FollowEvents;
  cache: Pick<RuleCache, 'load' | 'refresh'>;
  logger: Logger;
}): RuleCacheUpdater {
  const { cache, logger } = deps;
  const stopping = new AbortController();
  let heardAt = -Infinity;
  let following: Promise<void> | undefined;
  let failures = 0;

  async function open(): Promise<EventFeed> {
    const begunAt = performance.now();
    const feed = await deps.follow();
    try {
      await cache.load(feed.session);
      heardAt = begunAt;
      return feed;
    } catch (error) {
      await feed.close();
      throw error;
    }
  }

  async function read(feed: EventFeed): Promise<void> {
    // Ends the open query. The stream itself is closed below in any case.
    const close = (): void => void feed.close().catch(() => undefined);
    stopping.signal.addEventListener('abort', close);
    try {
      while (!stopping.signal.aborted) {
        const id = await feed.next();
        tellOfReturn();
        if (id !== undefined) await cache.refresh([id]);
        // With nothing more to hear of, the cache is as the database was a moment ago.
        else heardAt = performance.now();
      }
    } finally {
      stopping.signal.removeEventListener('abort', close);
      await feed.close();
    }
  }

  /** Of an outage there is a line when it begins and one when it is over, not one for each attempt. */
  function tellOfReturn(): void {
    if (failures > 0) logger.info('Changes of events are heard again', { failures });
    failures = 0;
  }

  async function follow(first: EventFeed): Promise<void> {
    let feed: EventFeed | undefined = first;
    while (!stopping.signal.aborted) {
      try {
        feed ??= await open();
        await read(feed);
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (failures === 0) logger.warn('Changes of events were lost and will be read anew', { error });
        const pause = fullJitter(failures, BACKOFF);
        failures += 1;
        await delay(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
      feed = undefined;
    }
  }

  return {
    name: 'rules',
    isFresh: () => performance.now() - heardAt < FRESH_MS,
    start: async () => {
      following = follow(await open());
    },
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
