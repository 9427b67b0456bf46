import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import { z } from 'zod';
import { OptionalExplanation } from '../../catalog/conditions/explanation-schema.ts';
import { MetricLeaf } from '../../catalog/conditions/leaf.ts';
import { EventId } from '../../catalog/events/event-schema.ts';
import { isVisibleTo } from '../../catalog/events/event-visibility.ts';
import type { Clock } from 'service-kit/service';
import type { ReadProgress } from './read-progress.ts';

export const ProgressResponse = z
  .object({
    eventId: EventId,
    period: z
      .string()
      .meta({ description: 'The reward and period of a claim made now', example: '2026-W49' }),
    day: z.iso.date().meta({ description: "The day in the event's time zone" }),
    metrics: z.array(
      z.object({
        metric: z.string(),
        where: MetricLeaf.shape.where,
        event: z.number().meta({ description: 'Over the whole event' }),
        period: z.number(),
        day: z.number(),
      }),
    ),
    conditions: OptionalExplanation,
  })
  .meta({ id: 'Progress' });

export function progressRoutes(deps: { readProgress: ReadProgress; clock: Clock }): Endpoint[] {
  const { readProgress, clock } = deps;
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/me/progress',
      operationId: 'readMyProgress',
      summary: 'Read my progress in an event',
      tag: 'progress',
      access: { roles: ['USER'] },
      request: { query: z.object({ eventId: EventId }) },
      responses: { 200: { description: 'My progress', body: ProgressResponse } },
      problems: ['not_found'],
      handle: async ({ query: { eventId }, identity }) => {
        const progress = await readProgress({
          eventId,
          accountId: identity.userId,
          isVisible: (event) => isVisibleTo(identity, event, clock()),
        });
        return reply(200, progress);
      },
    }),
  ];
}
