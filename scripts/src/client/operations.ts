import { randomBytes } from 'node:crypto';
import { waitUntil } from '../processes/wait-until.ts';
import type { LaurelClient } from './laurel-client.ts';
import { CheckIn, Claim, Entitlements, Event, LedgerPage, Reward, SignedIn } from './messages.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SETTLED_WITHIN_MS = 30_000;

/** Actions of people and games: each is one call or a few, and checks the answer. */

export async function logIn(client: LaurelClient, username: string, password: string): Promise<SignedIn> {
  return (await client.expect([200], SignedIn, 'POST', '/v1/auth/login', { body: { username, password } }))
    .body;
}

export async function registerPlayer(client: LaurelClient, username = inventUsername()): Promise<SignedIn> {
  const body = { username, password: randomBytes(18).toString('base64url') };
  return (await client.expect([201], SignedIn, 'POST', '/v1/auth/register', { body })).body;
}

export function inventUsername(): string {
  return `player-${randomBytes(6).toString('hex')}`;
}

/** An attendance event that began an hour ago: one check-in earns one claim. */
export async function createAttendanceEvent(client: LaurelClient, token: string, name: string) {
  const body = {
    name,
    kind: 'attendance',
    timeZone: 'Asia/Seoul',
    startsAt: new Date(Date.now() - HOUR_MS).toISOString(),
    endsAt: new Date(Date.now() + 30 * DAY_MS).toISOString(),
    repeat: 'once',
    condition: { metric: 'attendance.check-in', op: '>=', value: 1, over: 'event' },
  };
  return (await client.expect([201], Event, 'POST', '/v1/events', { token, body })).body;
}

/** An activity event that began an hour ago: so many quests earn one claim. */
export async function createActivityEvent(client: LaurelClient, token: string, name: string, quests: number) {
  const body = {
    name,
    kind: 'activity',
    timeZone: 'Asia/Seoul',
    startsAt: new Date(Date.now() - HOUR_MS).toISOString(),
    endsAt: new Date(Date.now() + 30 * DAY_MS).toISOString(),
    repeat: 'once',
    condition: { metric: 'quest.completed', op: '>=', value: quests, over: 'event' },
  };
  return (await client.expect([201], Event, 'POST', '/v1/events', { token, body })).body;
}

export async function createGoldReward(client: LaurelClient, token: string, eventId: string, stock: number) {
  const body = {
    name: 'A purse of gold',
    kind: 'currency',
    asset: 'gold',
    quantity: 100,
    stock,
    perAccount: 1,
  };
  return (await client.expect([201], Reward, 'POST', `/v1/events/${eventId}/rewards`, { token, body })).body;
}

/** Schedules a draft; an event whose start has passed is active at once, others wait for it. */
export async function activateEvent(client: LaurelClient, token: string, eventId: string) {
  const setStatus = async (status: string) => {
    const options = { token, body: { status } };
    return (await client.expect([200], Event, 'POST', `/v1/events/${eventId}/status`, options)).body;
  };
  const scheduled = await setStatus('scheduled');
  return scheduled.status === 'active' ? scheduled : setStatus('active');
}

export async function checkIn(client: LaurelClient, token: string, eventId: string) {
  return (await client.expect([200], CheckIn, 'POST', `/v1/events/${eventId}/check-in`, { token })).body;
}

/** Claims and waits for the outcome. `polled` says that it was not final within the request. */
export async function claimReward(client: LaurelClient, token: string, eventId: string) {
  const { status, body } = await client.expect(
    [200, 201, 202],
    Claim,
    'POST',
    `/v1/events/${eventId}/claims`,
    {
      token,
      body: {},
    },
  );
  if (status !== 202) return { claim: body, polled: false };
  return { claim: await settledClaim(client, token, body.id), polled: true };
}

export async function settledClaim(
  client: LaurelClient,
  token: string,
  claimId: string,
  limitMs = SETTLED_WITHIN_MS,
) {
  const probe = async () => {
    const { body } = await client.expect([200], Claim, 'GET', `/v1/claims/${claimId}`, { token });
    return body.status === 'pending' ? undefined : body;
  };
  return waitUntil(probe, { limitMs, everyMs: 100, what: `the outcome of claim ${claimId}` });
}

export async function readReward(client: LaurelClient, token: string, eventId: string, rewardId: string) {
  return (await client.expect([200], Reward, 'GET', `/v1/events/${eventId}/rewards/${rewardId}`, { token }))
    .body;
}

export async function readEntitlements(client: LaurelClient, token: string) {
  return (await client.expect([200], Entitlements, 'GET', '/v1/me/entitlements', { token })).body.items;
}

export async function readLedger(client: LaurelClient, token: string) {
  return (await client.expect([200], LedgerPage, 'GET', '/v1/me/entitlements/ledger?limit=100', { token }))
    .body.items;
}
