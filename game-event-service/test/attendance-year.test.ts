import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Identity } from 'service-kit/identity';
import { account } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent } from './support/scenario.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Next year, so that the service's own only ever moves on. */
const YEAR = new Date().getUTCFullYear() + 1;
const ZONES = ['America/New_York', 'Europe/London', 'Australia/Lord_Howe'] as const;

let service: RunningService;
let ahead = 0;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service[Symbol.asyncDispose]());

function moveTo(at: number): void {
  const step = at - (Date.now() + ahead);
  service.advance(step);
  ahead += step;
}

/** Midnights of the zone in the year, as the platform tells them: the instants at which its date changes. */
function midnightsOf(zone: string): number[] {
  const clock = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
  const midnights: number[] = [];
  let shown = '';
  for (let at = Date.UTC(YEAR - 1, 11, 30); at < Date.UTC(YEAR + 1, 0, 3); at += 30 * MINUTE) {
    const day = clock.format(at);
    if (day.startsWith(String(YEAR)) && day !== shown) midnights.push(at);
    shown = day;
  }
  return midnights;
}

interface Visit {
  eventId: string;
  at: number;
  expected: { day: string; counted: boolean; streak: number };
}

describe('a year of check-ins in three zones', () => {
  it(
    'counts every day once, whatever its length, and makes one streak of them all',
    { timeout: 300_000 },
    async () => {
      const player = account();
      const visits: Visit[] = [];
      const lengths = new Map<string, number>();
      for (const zone of ZONES) {
        const midnights = midnightsOf(zone);
        const length = midnights.length;
        const { event } = await activeEvent(service.call, {
          event: {
            timeZone: zone,
            endsAt: new Date(Date.UTC(YEAR + 1, 1, 1)).toISOString(),
            condition: {
              all: [
                { streak: 'attendance.check-in', length },
                { metric: 'attendance.check-in', op: '==', value: length },
              ],
            },
          },
        });
        lengths.set(event.id, length);
        const clock = new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' });
        for (const [index, at] of midnights.entries()) {
          const end = midnights[index + 1] ?? at + DAY;
          const day = clock.format(at);
          const streak = index + 1;
          const early = { eventId: event.id, at: at + 5 * MINUTE, expected: { day, counted: true, streak } };
          const late = { ...early, at: end - 5 * MINUTE };
          // By turns early and late in the day; on days of another length than 24 hours both, which count once.
          if (end - at !== DAY) visits.push(early, { ...late, expected: { day, counted: false, streak } });
          else visits.push(index % 2 === 0 ? early : late);
        }
      }

      const answers: unknown[] = [];
      visits.sort((one, other) => one.at - other.at);
      for (const { eventId, at } of visits) {
        moveTo(at);
        answers.push((await checkIn(eventId, player)).body);
      }
      expect(answers).toEqual(visits.map(({ expected }) => expected));

      for (const [eventId, required] of lengths) {
        const answer = await service.call('GET', `/v1/events/${eventId}/eligibility`, { as: player });
        expect(answer.body).toMatchObject({
          eligible: true,
          conditions: { all: [{ current: required }, { current: required }] },
        });
      }
    },
  );
});

const checkIn = (eventId: string, as: Identity) =>
  service.call('POST', `/v1/events/${eventId}/check-in`, { as });
