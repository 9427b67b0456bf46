import { LaurelClient } from '../../client/laurel-client.ts';
import { AddedCodes, Event, Reward } from '../../client/messages.ts';
import { activateEvent } from '../../client/operations.ts';
import type { RewardName } from '../load/intents.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** How long all players claim the same drop. */
const DROP_MS = 12_000;
/** Less than the number of active players, so that they compete for every unit. */
const DROP_STOCK = 90;
const DAILY_CAP_PER_SECOND = 3;

export interface StagedReward {
  eventId: string;
  rewardId: string;
  /** Of a coupon how many codes it was given. */
  stock: number | null;
  isCoupon?: boolean;
  /** How many of it may be given in a day. */
  dailyCap?: number;
}

export interface EventStage {
  rewards: readonly StagedReward[];
  attendanceEventId: string;
  rewardFor(name: RewardName, elapsedMs: number): StagedReward;
}

export interface StageOptions {
  url: string;
  adminToken: string;
  durationMs: number;
}

/** Events of every kind that matters here: unlimited, conditional, capped, and stocks that sell out. */
export async function setEventStage({
  url,
  adminToken: token,
  durationMs,
}: StageOptions): Promise<EventStage> {
  const client = new LaurelClient(url);

  async function createEvent(body: object): Promise<string> {
    const times = {
      timeZone: 'Asia/Seoul',
      startsAt: new Date(Date.now() - HOUR_MS).toISOString(),
      endsAt: new Date(Date.now() + 30 * DAY_MS).toISOString(),
    };
    const options = { token, body: { kind: 'activity', repeat: 'once', ...times, ...body } };
    return (await client.expect([201], Event, 'POST', '/v1/events', options)).body.id;
  }

  async function createReward(
    eventId: string,
    stock: number | null,
    asset: string,
    more: object = {},
  ): Promise<StagedReward> {
    const body = { name: asset, kind: 'currency', asset, quantity: 7, stock, perAccount: 1, ...more };
    const options = { token, body };
    const { id } = (await client.expect([201], Reward, 'POST', `/v1/events/${eventId}/rewards`, options))
      .body;
    return { eventId, rewardId: id, stock };
  }

  async function createCoupon(eventId: string): Promise<StagedReward> {
    const coupon = await createReward(eventId, null, 'voucher', { kind: 'coupon', quantity: 1 });
    const codes = Array.from({ length: DROP_STOCK }, (_, index) => `${coupon.rewardId}-${index}`);
    const path = `/v1/events/${eventId}/rewards/${coupon.rewardId}/codes`;
    await client.expect([200], AddedCodes, 'POST', path, { token, csv: codes.join('\n') });
    return { ...coupon, stock: DROP_STOCK, isCoupon: true };
  }

  const welcomeEvent = await createEvent({ name: 'Welcome' });
  const welcome = await createReward(welcomeEvent, null, 'gold');

  const condition = { metric: 'attendance.check-in', op: '>=', value: 1, over: 'event' };
  const attendanceEvent = await createEvent({ name: 'Attendance', kind: 'attendance', condition });
  const attendance = await createReward(attendanceEvent, null, 'gold');

  const dropEvent = await createEvent({ name: 'Drops' });
  const drops: StagedReward[] = [];
  for (let at = 0; at <= durationMs; at += DROP_MS) {
    const isCoupon = drops.length % 2 === 1;
    drops.push(await (isCoupon ? createCoupon(dropEvent) : createReward(dropEvent, DROP_STOCK, 'gems')));
  }

  const dailyEvent = await createEvent({ name: 'Daily', repeat: 'daily' });
  const dailyCap = Math.ceil((durationMs / 1_000) * DAILY_CAP_PER_SECOND);
  const daily = await createReward(dailyEvent, null, 'silver', { perPeriod: { day: dailyCap } });

  for (const eventId of [welcomeEvent, attendanceEvent, dropEvent, dailyEvent]) {
    await activateEvent(client, token, eventId);
  }
  const dailyReward = { ...daily, dailyCap };
  return {
    rewards: [welcome, attendance, dailyReward, ...drops],
    attendanceEventId: attendanceEvent,
    rewardFor: (name, elapsedMs) => {
      const drop = drops[Math.min(drops.length - 1, Math.floor(elapsedMs / DROP_MS))] ?? welcome;
      return { welcome, attendance, daily: dailyReward, drop }[name];
    },
  };
}
