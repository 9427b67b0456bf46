import type { Identity } from 'service-kit/identity';
import { EventResponse } from '../../src/catalog/events/event-schema.ts';
import { RewardResponse } from '../../src/catalog/rewards/reward-schema.ts';
import { account, bodyOf, type Answer, type Caller } from './caller.ts';

export const operator = account(['USER', 'OPERATOR']);
export const auditor = account(['AUDITOR']);

const HOUR = 60 * 60 * 1_000;
export const inHours = (hours: number): string => new Date(Date.now() + hours * HOUR).toISOString();

export function eventBody(more: object = {}): object {
  return {
    name: 'Seven days of spring',
    kind: 'attendance',
    timeZone: 'Asia/Seoul',
    startsAt: inHours(-1),
    endsAt: inHours(24 * 30),
    repeat: 'once',
    ...more,
  };
}

export function rewardBody(more: object = {}): object {
  return { name: 'Gold', kind: 'currency', asset: 'gold', quantity: 100, stock: null, ...more };
}

export async function makeEvent(call: Caller, more: object = {}): Promise<EventResponse> {
  return bodyOf(
    await call('POST', '/v1/events', { as: operator, body: eventBody(more) }),
    201,
    EventResponse,
  );
}

export async function changeStatus(call: Caller, eventId: string, status: string): Promise<EventResponse> {
  const answer = await call('POST', `/v1/events/${eventId}/status`, { as: operator, body: { status } });
  return bodyOf(answer, 200, EventResponse);
}

export async function makeReward(call: Caller, eventId: string, more: object = {}): Promise<RewardResponse> {
  const answer = await call('POST', `/v1/events/${eventId}/rewards`, {
    as: operator,
    body: rewardBody(more),
  });
  return bodyOf(answer, 201, RewardResponse);
}

/** An event that is active, with one reward. */
export async function activeEvent(
  call: Caller,
  more: { event?: object; reward?: object } = {},
): Promise<{ event: EventResponse; reward: RewardResponse }> {
  const draft = await makeEvent(call, more.event);
  const reward = await makeReward(call, draft.id, more.reward);
  return { event: await changeStatus(call, draft.id, 'scheduled'), reward };
}

export function claim(
  call: Caller,
  eventId: string,
  as: Identity,
  more: { rewardId?: string | undefined; prefer?: string } = {},
): Promise<Answer> {
  const { rewardId, prefer } = more;
  return call('POST', `/v1/events/${eventId}/claims`, {
    as,
    ...(rewardId !== undefined && { body: { rewardId } }),
    ...(prefer !== undefined && { headers: { prefer } }),
  });
}

export async function readReward(call: Caller, { eventId, id }: RewardResponse): Promise<RewardResponse> {
  const answer = await call('GET', `/v1/events/${eventId}/rewards/${id}`, { as: operator });
  return bodyOf(answer, 200, RewardResponse);
}
