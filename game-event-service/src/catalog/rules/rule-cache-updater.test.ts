import type { ClientSession } from 'mongodb';
import type { Logger } from 'service-kit/logging';
import { expect, it } from 'vitest';
import { createRuleCacheUpdater } from './rule-cache-updater.ts';

/** Feeds that do what they are told, one step for each answer: a change, a break, or nothing more. */
function follow(feeds: ('away' | ('changed' | 'broken')[])[]) {
  const done: string[] = [];
  const lines: unknown[] = [];
  const log: Logger['info'] = (...line) => void lines.push(line);
  const logger: Logger = { error: log, warn: log, info: log, debug: log, child: () => logger };
  const end = Promise.withResolvers<void>();
  const updater = createRuleCacheUpdater({
    logger,
    cache: {
      load: async () => void done.push('load'),
      refresh: async (ids) => void done.push(`refresh ${ids.join()}`),
    },
    follow: async () => {
      done.push('follow');
      const steps = feeds.shift() ?? [];
      if (steps === 'away') throw new Error('away');
      const closed = Promise.withResolvers<undefined>();
      return {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- handed on and never looked into
        session: {} as ClientSession,
        next: async () => {
          const step = steps.shift();
          if (step === 'broken') throw new Error('broken');
          if (step === 'changed') return 'evt_1';
          end.resolve();
          return closed.promise;
        },
        close: async () => closed.resolve(undefined),
      };
    },
  });
  return { updater, done, lines, end: end.promise };
}

it('follows before it loads, and loads again where changes may have been lost', async () => {
  const { updater, done, end } = follow([['changed', 'broken'], []]);
  await updater.start();
  await end;
  await updater.stop();
  expect(done).toEqual(['follow', 'load', 'refresh evt_1', 'follow', 'load']);
});

it('tells of an outage when it begins and when it is over, however often it tried between', async () => {
  const { updater, lines, end } = follow([['broken'], 'away', 'away', ['changed']]);
  await updater.start();
  await end;
  await updater.stop();
  expect(lines).toEqual([
    ['Changes of events were lost and will be read anew', { error: new Error('broken') }],
    ['Changes of events are heard again', { failures: 3 }],
  ]);
});

it('is not fresh before it has loaded', async () => {
  const { updater, end } = follow([]);
  expect(updater.isFresh()).toBe(false);
  await updater.start();
  expect(updater.isFresh()).toBe(true);
  await end;
  await updater.stop();
});
