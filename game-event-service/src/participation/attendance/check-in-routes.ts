import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import type { GroupCommit } from 'service-kit/mongo';
import { z } from 'zod';
import { EventId } from '../../catalog/events/event-schema.ts';
import { orThrow, type Refusal } from '../../http/refusal.ts';
import type { CheckInRequest, CheckInResult } from './decide-check-ins.ts';

const CheckInResponse = z
  .object({
    day: z.iso.date().meta({ description: "The day in the event's time zone" }),
    counted: z.boolean().meta({ description: 'False if this day was already counted' }),
    streak: z.int().meta({ description: 'Days in a row up to this one' }),
  })
  .meta({ id: 'CheckIn' });

export function checkInRoutes(deps: {
  checkIns: Pick<GroupCommit<CheckInRequest, CheckInResult | Refusal>, 'submit'>;
}): Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/v1/events/{eventId}/check-in',
      operationId: 'checkIn',
      summary: 'Check in for today',
      description:
        "Counts once per day of the event's time zone; further calls on the same day change nothing.",
      tag: 'attendance',
      access: { roles: ['USER'] },
      request: { params: z.object({ eventId: EventId }) },
      responses: { 200: { description: 'Today is counted', body: CheckInResponse } },
      problems: ['not_found', 'account_banned', 'not_an_attendance_event', 'event_not_active'],
      handle: async ({ params: { eventId }, identity, context }) => {
        const request = { eventId, accountId: identity.userId };
        return reply(200, orThrow(await deps.checkIns.submit(request, context.signal)));
      },
    }),
  ];
}
