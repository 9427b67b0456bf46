import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { bodyOf, type Caller, client } from './caller.ts';

const Result = z.strictObject({
  accepted: z.int(),
  duplicates: z.int(),
  rejected: z.array(z.strictObject({ index: z.int(), code: z.string() })),
});

/** A game server, which reports what accounts do. */
export const gameServer = client(['activity:write']);

export function activityItem(accountId: string, more: object = {}) {
  return {
    source: 'eu-1',
    id: randomUUID(),
    accountId,
    metric: 'quest.completed',
    at: new Date().toISOString(),
    ...more,
  };
}

export async function report(call: Caller, items: unknown[], as = gameServer) {
  return bodyOf(await call('POST', '/v1/activity', { as, body: { items } }), 200, Result);
}

/** What the leaves of an event's condition stand at, from left to right. */
export async function standings(call: Caller, eventId: string, accountId: string): Promise<number[]> {
  const answer = await call('GET', `/v1/events/${eventId}/eligibility`, { as: player(accountId) });
  const Leaves = z.object({
    conditions: z.object({ all: z.array(z.object({ current: z.number() })) }),
  });
  return bodyOf(answer, 200, Leaves).conditions.all.map(({ current }) => current);
}

const player = (userId: string) => ({
  userId,
  sessionId: 'ses_1',
  roles: ['USER' as const],
  scopes: [],
  clientAddress: '127.0.0.1',
});
