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
      description: 'Accounts that did something that counts in the event, or claimed',
    }),
    eligible: count.meta({
      description: "Participants that met the event's condition when they did something or claimed",
    }),
    claims: z.record(z.enum(CLAIM_STATUSES), count).meta({ description: 'Claims by status' }),
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
      summary: 'Figures of an event',
      tag: 'events',
      access: { roles: ['OPERATOR', 'AUDITOR'] },
      request: { params: z.object({ eventId: EventId }) },
      responses: { 200: { description: 'The current figures', body: StatsResponse } },
      problems: ['not_found'],
      handle: async ({ params: { eventId } }) => reply(200, await readStats(eventId)),
    }),
  ];
}
