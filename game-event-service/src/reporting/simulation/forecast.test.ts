import { describe, expect, it } from 'vitest';
import type { EventRules } from '../../catalog/events/event.ts';
import type { RewardRules } from '../../catalog/rewards/reward.ts';
import { rulesOf } from '../../catalog/rules/rules.ts';
import { groupByAccount, type Deed } from './group-by-account.ts';
import { createForecaster } from './forecast.ts';

const span = { from: new Date('2026-11-01T00:00:00Z'), to: new Date('2026-11-04T00:00:00Z') };
const event = {
  id: 'evt_1',
  timeZone: 'UTC',
  repeat: 'daily',
  startsAt: span.from,
  endsAt: span.to,
} as EventRules;
const reward = { id: 'rwd_1', eventId: 'evt_1', perAccount: null, active: true } as RewardRules;
const present = (...days: string[]) =>
  new Map(days.map((day) => [`2026-11-0${day}`, new Map<string, number>()]));
const each = { total: 3, taken: 0 };

function forecastOf(more: Partial<RewardRules>, accounts: string[][], stock = each) {
  const forecaster = createForecaster(rulesOf(event, [{ ...reward, ...more }]), span);
  for (const days of accounts) forecaster.judge(present(...days), undefined);
  return forecaster.result(new Map([['rwd_1', stock]]));
}

describe('a forecast', () => {
  it('gives stock in the order of the days, to no more than there is', () => {
    const { participants, claimants, days } = forecastOf({}, [
      ['1', '3'],
      ['1', '2'],
      ['2', '3'],
    ]);
    expect({ participants, claimants }).toEqual({ participants: 3, claimants: 3 });
    expect(days.map(({ day, rewards }) => [day, rewards[0]])).toEqual([
      ['2026-11-01', { rewardId: 'rwd_1', wanted: 2, granted: 2, left: 1 }],
      ['2026-11-02', { rewardId: 'rwd_1', wanted: 2, granted: 1, left: 0 }],
      ['2026-11-03', { rewardId: 'rwd_1', wanted: 2, granted: 0, left: 0 }],
    ]);
  });

  it('keeps to what an account may have, and to the cap of a day', () => {
    const accounts = [
      ['1', '2', '3'],
      ['1', '2'],
    ];
    const wanted = (more: Partial<RewardRules>) =>
      forecastOf(more, accounts, { total: 100, taken: 0 }).days.map(({ rewards }) => [
        rewards[0]?.wanted,
        rewards[0]?.granted,
      ]);
    expect(wanted({ perAccount: 2 })).toEqual([
      [2, 2],
      [2, 2],
      [0, 0],
    ]);
    expect(wanted({ perPeriod: { day: 1 } })).toEqual([
      [2, 1],
      [2, 1],
      [1, 1],
    ]);
    expect(wanted({ active: false })).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('gives nothing to who is banned, and shows no stock that is unlimited', () => {
    const forecaster = createForecaster(rulesOf(event, [reward]), span);
    forecaster.judge(present('1'), { status: 'banned', guest: false });
    const { claimants, participants, days } = forecaster.result(
      new Map([['rwd_1', { total: null, taken: 9 }]]),
    );
    expect({ claimants, participants }).toEqual({ claimants: 0, participants: 1 });
    expect(days[0]?.rewards[0]?.left).toBeNull();
  });
});

describe('accountPieces', () => {
  async function* source(...deeds: [string, number][]): AsyncGenerator<Deed> {
    for (const [accountId, value] of deeds)
      yield { accountId, counted: { counterKey: 'key', day: '2026-11-01', value } };
  }

  it('brings what one account did in several sources together, in the order of the bytes', async () => {
    const sources = [
      source(['B', 1], ['a', 2], ['\u{ffff}', 3]),
      source(['A', 4], ['a', 5], ['\u{1f600}', 6]),
    ];
    const seen: [string, number[]][] = [];
    for await (const { accountId, counted } of groupByAccount(sources))
      seen.push([accountId, counted.map(({ value }) => value)]);
    expect(seen).toEqual([
      ['A', [4]],
      ['B', [1]],
      ['a', [2]],
      ['a', [5]],
      ['\u{ffff}', [3]],
      ['\u{1f600}', [6]],
    ]);
  });
});
