import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { CLAIM_STATUSES } from '../claim.ts';
import { EventId } from '../../catalog/events/event-schema.ts';
import type { ReadStats } from './read-stats.ts';

const count = z.int().min(0);

const StatsResponse = z
  .object({
    eventId: EventId,
    participants: count.meta({
      description: 'Accounts that have done something that counts in the event, or claimed',
    }),
    eligible: count.meta({
      description:
        "Those of them that have met the event's condition: when they did something, or when they claimed",
    }),
    claims: z.record(z.enum(CLAIM_STATUSES), count).meta({ description: 'Claims by the state they are in' }),
    stock: z.array(
      z.object({
        rewardId: z.string(),
        stock: count.nullable(),
        available: count.nullable(),
        reserved: count,
        granted: count,
      }),
    ),
  })
  .meta({ id: 'EventStats' });

export function statsRoutes({ readStats }: { readStats: ReadStats }): Endpoint[] {
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/events/{eventId}/stats',
      operationId: 'readEventStats',
      summary: 'How far accounts have come in an event',
      tag: 'events',
      access: { roles: ['OPERATOR', 'AUDITOR'] },
      request: { params: z.object({ eventId: EventId }) },
      responses: { 200: { description: 'As of now', body: StatsResponse } },
      problems: ['not_found'],
      handle: async ({ params: { eventId } }) => reply(200, await readStats(eventId)),
    }),
  ];
}
