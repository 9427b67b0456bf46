import { describe, expect, it } from 'vitest';
import type { EventRules } from '../events/event.ts';
import { createRuleBook } from './rule-book.ts';

const eventOf = (id: string, version: number): EventRules =>
  ({ id, version, name: `version ${version}`, timeZone: 'UTC', status: 'active' }) as unknown as EventRules;

/** Stores that hold `versions`, and count how often rules are read. */
function bookOver(versions: Map<string, number>) {
  const read: string[] = [];
  const book = createRuleBook({
    events: {
      versionsOf: async (ids) =>
        ids.flatMap((id) => {
          const version = versions.get(id);
          return version === undefined ? [] : [{ id, version, rewardsVersion: 1 }];
        }),
      versionsDuring: async () => [],
      rulesOf: async (ids) => {
        read.push(...ids);
        return new Map(ids.map((id) => [id, eventOf(id, versions.get(id) ?? 0)]));
      },
    },
    rewards: { rulesOf: async () => new Map() },
  });
  return { book, read };
}

describe('createRuleBook', () => {
  it('reads the rules of an event once, and again when its version has changed', async () => {
    const versions = new Map([['evt_1', 1]]);
    const { book, read } = bookOver(versions);
    await book.of(['evt_1']);
    await book.of(['evt_1']);
    expect(read).toEqual(['evt_1']);
    versions.set('evt_1', 2);
    expect((await book.of(['evt_1'])).get('evt_1')?.event.version).toBe(2);
    expect(read).toEqual(['evt_1', 'evt_1']);
  });

  it('knows every event that is there, also when its memory has no room for all of them', async () => {
    const ids = Array.from({ length: 5_001 }, (_, index) => `evt_${index}`);
    const { book } = bookOver(new Map(ids.map((id) => [id, 1])));
    await book.of(ids.slice(0, 5_000));
    expect((await book.of(ids)).size).toBe(5_001);
  });

  it('knows nothing of an event that is not there', async () => {
    const { book } = bookOver(new Map());
    expect((await book.of(['evt_1'])).size).toBe(0);
  });
});
