import { defineEndpoint, type Endpoint, reply, Time } from 'service-kit/http';
import { z } from 'zod';
import { EventId } from '../../catalog/events/event-schema.ts';
import type { SimulateEvent } from './simulate-event.ts';

const LONGEST_DAYS = 366;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** By itself a rule is asked about text that is no time, too. */
const areTimes = ({ issues }: z.core.ParsePayload): boolean => issues.length === 0;

const SimulationInput = z
  .strictObject({
    from: Time.meta({ description: 'At this time or later' }),
    to: Time.meta({ description: 'Before this time' }),
  })
  .refine(({ from, to }) => from < to, { path: ['to'], message: 'must be after from', when: areTimes })
  .refine(({ from, to }) => to.getTime() - from.getTime() <= LONGEST_DAYS * DAY_MS, {
    path: ['to'],
    message: `must be within ${LONGEST_DAYS} days of from`,
    when: areTimes,
  });

const count = z.int().min(0);

const SimulationResponse = z
  .object({
    eventId: EventId,
    eventVersion: z.int(),
    participants: count.meta({ description: 'Accounts that did something that the event asks for' }),
    claimants: count.meta({ description: 'Participants that would have claimed' }),
    days: z.array(
      z.object({
        day: z.iso.date().meta({ description: "A day in the event's time zone" }),
        participants: count,
        claimants: count,
        rewards: z.array(
          z.object({
            rewardId: z.string(),
            wanted: count.meta({ description: 'Claims that would have been made' }),
            granted: count.meta({ description: 'Claims that would have found stock' }),
            left: count
              .nullable()
              .meta({ description: 'Units left at the end of the day; null is unlimited' }),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'Simulation' });

export function simulationRoutes({ simulateEvent }: { simulateEvent: SimulateEvent }): Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/v1/events/{eventId}/simulate',
      operationId: 'simulateEvent',
      summary: 'Forecast claims and stock from the real activity of a past period',
      description:
        'The forecast assumes that the event ran then, and that each account claims all it may in the evening of every day on which it did something. Activity is known for as long as it is kept, check-ins and invites for ever. Nothing is stored.',
      tag: 'events',
      access: { roles: ['OPERATOR'] },
      request: { params: z.object({ eventId: EventId }), body: SimulationInput },
      responses: { 200: { description: 'The forecast', body: SimulationResponse } },
      problems: ['not_found', 'simulation_too_large'],
      handle: async ({ params: { eventId }, body }) => reply(200, await simulateEvent(eventId, body)),
    }),
  ];
}
