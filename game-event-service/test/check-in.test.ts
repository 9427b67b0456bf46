import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Identity } from 'service-kit/identity';
import { calendarOf } from '../src/catalog/calendar/calendar.ts';
import { account, client, expectProblem } from './support/caller.ts';
import { startService, type RunningService } from './support/running-service.ts';
import { activeEvent, changeStatus, makeEvent } from './support/scenario.ts';

let service: RunningService;
let other: RunningService;
beforeAll(async () => {
  service = await startService();
  other = await startService({ beside: service });
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});

const DAY_MS = 24 * 60 * 60 * 1_000;
const checkIn = (eventId: string, as: Identity, instance = service) =>
  instance.call('POST', `/v1/events/${eventId}/check-in`, { as });

it('a check-in counts once a day of the zone, and parallel ones on two instances count once', async () => {
  const { event } = await activeEvent(service.call, { event: { timeZone: 'Pacific/Kiritimati' } });
  const player = account();
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, index) => checkIn(event.id, player, index % 2 === 0 ? service : other)),
  );
  const day = calendarOf('Pacific/Kiritimati').dayOf(new Date());
  const bodies = answers.map(({ body }) => body);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(
    bodies.filter((body) => JSON.stringify(body) === JSON.stringify({ day, counted: true, streak: 1 })),
  ).toHaveLength(1);
  expect(
    bodies.filter((body) => JSON.stringify(body) === JSON.stringify({ day, counted: false, streak: 1 })),
  ).toHaveLength(39);
  const stored = await service.db
    .collection<{ _id: string }>('progress')
    .findOne({ _id: `${event.id}:${player.userId}` });
  expect(stored).toMatchObject({
    eventId: event.id,
    accountId: player.userId,
    counters: { 'attendance%2echeck-in': { total: 1, days: { [day]: 1 } } },
  });
});

it('a streak goes on from day to day, and forgives what the condition of the event forgives', async () => {
  await using own = await startService();
  const condition = { streak: 'attendance.check-in', length: 7, grace: 1 };
  const { event } = await activeEvent(own.call, { event: { condition, endsAt: '2099-01-01T00:00:00Z' } });
  const player = account();
  const streaks: unknown[] = [];
  for (const days of [0, 1, 1, 2, 1, 2]) {
    own.advance(days * DAY_MS);
    streaks.push((await checkIn(event.id, player, own)).body);
  }
  // One missed day is forgiven; at the second, the streak holds what came after the first.
  expect(streaks).toMatchObject([1, 2, 3, 4, 5, 3].map((streak) => ({ counted: true, streak })));
});

it('a check-in asks for an attendance event that is active', async () => {
  const player = account();
  expectProblem(await checkIn('evt_nothing', player), 404, 'not_found');
  const draft = await makeEvent(service.call);
  expectProblem(await checkIn(draft.id, player), 409, 'event_not_active');
  const { event } = await activeEvent(service.call);
  await changeStatus(service.call, event.id, 'inactive');
  expectProblem(await checkIn(event.id, player), 409, 'event_not_active');
  const { event: invite } = await activeEvent(service.call, { event: { kind: 'invite' } });
  expectProblem(await checkIn(invite.id, player), 409, 'not_an_attendance_event');
});

it('a check-in is for players', async () => {
  const { event } = await activeEvent(service.call);
  expectProblem(await checkIn(event.id, client(['activity:write'])), 403, 'forbidden');
  expectProblem(await checkIn(event.id, account(['AUDITOR'])), 403, 'forbidden');
  expectProblem(await service.call('POST', `/v1/events/${event.id}/check-in`), 401, 'unauthenticated');
});
