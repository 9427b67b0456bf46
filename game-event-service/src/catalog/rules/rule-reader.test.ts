import { describe, expect, it } from 'vitest';
import type { ClientSession } from 'mongodb';
import type { EventRules } from '../events/event.ts';
import { createRuleReader } from './rule-reader.ts';
import { createRuleCache } from './rule-cache.ts';

const eventOf = (id: string, version: number): EventRules =>
  ({ id, version, name: `version ${version}`, timeZone: 'UTC', status: 'active' }) as unknown as EventRules;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- handed on and never looked into
const session = {} as ClientSession;

/** Stores that hold `versions`, and note what they are asked; the cache hears of what it is told to load. */
function readerOver(versions: Map<string, number>, { isFresh = true } = {}) {
  const asked: string[] = [];
  const versionOf = (id: string) => ({ id, version: versions.get(id) ?? 0, rewardsVersion: 1 });
  const there = (ids: readonly string[]) => ids.filter((id) => versions.has(id));
  const events = {
    versionsOf: async (ids: readonly string[]) => {
      asked.push('versions');
      return there(ids).map(versionOf);
    },
    versionsDuring: async () => [],
    rulesOf: async (ids: readonly string[]) => {
      asked.push(`rules of ${ids.join()}`);
      return new Map(ids.map((id) => [id, eventOf(id, versions.get(id) ?? 0)]));
    },
    live: async ({ ids = [...versions.keys()] }: { ids: readonly string[] | undefined }) =>
      there(ids).map((id) => ({ version: versionOf(id), event: eventOf(id, versions.get(id) ?? 0) })),
  };
  const rewards = { rulesOf: async () => new Map<string, never>() };
  const cache = createRuleCache({ events, rewards, clock: () => new Date() });
  return { reader: createRuleReader({ events, rewards, cache, isFresh: () => isFresh }), cache, asked };
}

describe('a decision', () => {
  it('asks for the versions of its events, and takes the rules out of the cache', async () => {
    const { reader, cache, asked } = readerOver(new Map([['evt_1', 1]]));
    await cache.load();
    expect((await reader.of(['evt_1'], session)).get('evt_1')?.event.version).toBe(1);
    expect(asked).toEqual(['versions']);
  });

  it('is never made by what the cache holds when the event has changed since', async () => {
    const versions = new Map([['evt_1', 1]]);
    const { reader, cache, asked } = readerOver(versions);
    await cache.load();
    versions.set('evt_1', 2);
    expect((await reader.of(['evt_1'], session)).get('evt_1')?.event.version).toBe(2);
    expect(asked).toEqual(['versions', 'rules of evt_1']);
  });

  it('knows nothing of an event that is not there', async () => {
    const { reader } = readerOver(new Map());
    expect((await reader.of(['evt_1'], session)).size).toBe(0);
  });
});

describe('who only looks', () => {
  it('asks the database nothing while the cache is fresh', async () => {
    const { reader, cache, asked } = readerOver(new Map([['evt_1', 1]]));
    await cache.load();
    expect((await reader.of(['evt_1'])).size).toBe(1);
    expect(asked).toEqual([]);
  });

  it('finds events that are not in the cache', async () => {
    const { reader } = readerOver(new Map([['evt_1', 1]]));
    expect((await reader.of(['evt_1'])).size).toBe(1);
  });

  it('asks for versions where the cache may have missed a change', async () => {
    const versions = new Map([['evt_1', 1]]);
    const { reader, cache } = readerOver(versions, { isFresh: false });
    await cache.load();
    versions.set('evt_1', 2);
    expect((await reader.of(['evt_1'])).get('evt_1')?.event.version).toBe(2);
  });
});

describe('the cache', () => {
  it('reads a changed event again, and forgets one that is gone', async () => {
    const versions = new Map([
      ['evt_1', 1],
      ['evt_2', 1],
    ]);
    const { cache } = readerOver(versions);
    await cache.load();
    versions.set('evt_1', 2);
    versions.delete('evt_2');
    await cache.refresh(['evt_1', 'evt_2']);
    expect(cache.get('evt_1')?.rules.event.version).toBe(2);
    expect(cache.get('evt_2')).toBeUndefined();
  });
});
