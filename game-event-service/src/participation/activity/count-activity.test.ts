import fc from 'fast-check';
import { DateTime } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../catalog/conditions/condition.ts';
import type { EventRules } from '../../catalog/events/event.ts';
import type { RewardRules } from '../../catalog/rewards/reward.ts';
import { counterKey } from '../../catalog/conditions/counter.ts';
import { rulesOf } from '../../catalog/rules/rules.ts';
import { additionsOf, type Countable } from './count-activity.ts';

const event: EventRules = {
  id: 'evt_1',
  kind: 'activity',
  status: 'active',
  version: 1,
  timeZone: 'America/New_York',
  startsAt: new Date('2026-03-01T05:00:00Z'),
  endsAt: new Date('2026-03-15T04:00:00Z'),
  claimGraceSeconds: 0,
  repeat: 'daily',
  autoClaim: false,
};
const quests: Condition = { metric: 'quest', op: '>=', value: 1, over: 'day' };
const hardOnes: Condition = { metric: 'quest', op: '>=', value: 1, over: 'event', where: { level: 'hard' } };
const item: Countable = {
  accountId: 'acc_1',
  metric: 'quest',
  value: 2,
  at: new Date('2026-03-08T06:59:00Z'),
};
const rules = (more: Partial<EventRules>) => [rulesOf({ ...event, condition: quests, ...more }, [])];

describe('an item', () => {
  it('is counted on its day in the zone of the event', () => {
    expect(additionsOf([item], rules({}))).toEqual([
      { eventId: 'evt_1', accountId: 'acc_1', counterKey: 'quest', day: '2026-03-08', value: 2 },
    ]);
    expect(additionsOf([item], rules({ timeZone: 'Asia/Tokyo' }))).toMatchObject([{ day: '2026-03-08' }]);
    expect(additionsOf([item], rules({ timeZone: 'Pacific/Honolulu' }))).toMatchObject([
      { day: '2026-03-07' },
    ]);
  });

  it('is counted from the start of the event to before its end, and before an end that came early', () => {
    const days = (at: Date, more: Partial<EventRules> = {}) =>
      additionsOf([{ ...item, at }], rules(more)).length;
    expect(days(event.startsAt)).toBe(1);
    expect(days(new Date(event.startsAt.getTime() - 1))).toBe(0);
    expect(days(new Date(event.endsAt.getTime() - 1))).toBe(1);
    expect(days(event.endsAt)).toBe(0);
    const ended = { status: 'ended', endedAt: item.at } as const;
    expect(days(item.at, ended)).toBe(0);
    expect(days(new Date(item.at.getTime() - 1), ended)).toBe(1);
  });

  it('is counted with the attributes asked for, and in each counter that some condition reads', () => {
    const both = rules({ condition: { any: [quests, hardOnes, hardOnes] } });
    const keys = (attributes?: Record<string, unknown>) =>
      additionsOf([{ ...item, ...(attributes && { attributes }) }], both).map((each) => each.counterKey);
    const hard = counterKey('quest', { level: 'hard' });
    expect(keys()).toEqual(['quest']);
    expect(keys({ level: 'easy' })).toEqual(['quest']);
    expect(keys({ level: 'hard', map: 'ice' })).toEqual(['quest', hard]);
    expect(keys({ level: ['hard'] })).toEqual(['quest']);
  });

  it('is counted for the condition of a reward and for a streak', () => {
    const reward: RewardRules = {
      id: 'rwd_1',
      eventId: 'evt_1',
      version: 1,
      name: 'Gold',
      kind: 'currency',
      asset: 'gold',
      quantity: 1,
      perAccount: 1,
      active: true,
      condition: { streak: 'quest', length: 3, grace: 0 },
    };
    expect(additionsOf([item], [rulesOf(event, [reward])])).toMatchObject([{ counterKey: 'quest' }]);
  });
});

const ZONES = ['America/New_York', 'Europe/London', 'Asia/Seoul', 'Australia/Lord_Howe', 'Pacific/Apia'];
const anItem = fc.record({
  accountId: fc.constantFrom('acc_1', 'acc_2'),
  metric: fc.constantFrom('quest', 'login'),
  value: fc.integer({ min: 0, max: 50 }),
  at: fc.date({
    min: new Date('2026-02-25T00:00:00Z'),
    max: new Date('2026-04-10T00:00:00Z'),
    noInvalidDate: true,
  }),
  attributes: fc.record({ level: fc.constantFrom('hard', 'easy', 1, true) }, { requiredKeys: [] }),
});
const aWhere = fc.option(fc.record({ level: fc.constantFrom('hard', 1, true) }), { nil: undefined });
const anEvent = fc.record({
  timeZone: fc.constantFrom(...ZONES),
  leaves: fc.array(fc.record({ metric: fc.constantFrom('quest', 'login'), where: aWhere }), {
    minLength: 1,
    maxLength: 4,
  }),
});

it('counters are what a naive recount by the calendar gives, in whatever order and portions items come', () => {
  fc.assert(
    fc.property(
      fc.array(anItem, { maxLength: 40 }),
      fc.array(anEvent, { minLength: 1, maxLength: 3 }),
      fc.nat(40),
      (items, events, cut) => {
        const all = events.map(({ timeZone, leaves }, index) =>
          rulesOf(
            {
              ...event,
              id: `evt_${index}`,
              timeZone,
              condition: {
                all: leaves.map(({ metric, where }) => ({
                  metric,
                  op: '>=' as const,
                  value: 1,
                  over: 'day',
                  ...(where && { where }),
                })),
              },
            },
            [],
          ),
        );
        const sums = new Map<string, number>();
        const portions = [items.slice(cut).toReversed(), items.slice(0, cut)];
        for (const portion of portions) {
          for (const { eventId, accountId, counterKey: key, day, value } of additionsOf(portion, all)) {
            const name = JSON.stringify([eventId, accountId, key, day]);
            sums.set(name, (sums.get(name) ?? 0) + value);
          }
        }
        expect(sums).toEqual(naiveSums(items, events));
      },
    ),
  );
});

function naiveSums(
  items: readonly (Countable & { attributes: { level?: unknown } })[],
  events: readonly {
    timeZone: string;
    leaves: { metric: string; where: { level: string | number | boolean } | undefined }[];
  }[],
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const [index, { timeZone, leaves }] of events.entries()) {
    const distinct = new Map(leaves.map((leaf) => [JSON.stringify([leaf.metric, leaf.where?.level]), leaf]));
    for (const { metric, where } of distinct.values()) {
      for (const each of items) {
        if (each.metric !== metric || each.at < event.startsAt || each.at >= event.endsAt) continue;
        if (where && each.attributes.level !== where.level) continue;
        const day = DateTime.fromJSDate(each.at, { zone: timeZone }).toISODate();
        const name = JSON.stringify([`evt_${index}`, each.accountId, counterKey(metric, where), day]);
        sums.set(name, (sums.get(name) ?? 0) + each.value);
      }
    }
  }
  return sums;
}
