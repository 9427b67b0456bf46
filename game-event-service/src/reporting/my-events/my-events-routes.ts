import {
  byCreation,
  defineEndpoint,
  listQuery,
  pageReply,
  pageSchema,
  readPage,
  type Endpoint,
} from 'service-kit/http';
import { z } from 'zod';
import { isStaff } from '../../http/is-staff.ts';
import { ClaimResponse, toClaimResponse } from '../../claims/claim-schema.ts';
import { EventResponse, toEventResponse } from '../../catalog/events/event-schema.ts';
import type { EventStore } from '../../catalog/events/event-store.ts';
import { REWARD_KINDS } from '../../catalog/rewards/kinds/reward-kinds.ts';
import { ProgressResponse } from '../../participation/progress/progress-routes.ts';
import type { MyEvent, ReadMyEvents } from './read-my-events.ts';

const MyEventResponse = EventResponse.extend({
  progress: ProgressResponse,
  rewards: z.array(
    z.object({
      rewardId: z.string(),
      name: z.string(),
      kind: z.enum(REWARD_KINDS),
      asset: z.string(),
      quantity: z.int(),
      claimable: z.boolean(),
      reason: z.string().optional().meta({ description: 'Why it is not claimable, as in eligibility' }),
      claim: ClaimResponse.nullable().meta({ description: 'My claim of this period' }),
    }),
  ),
  nextResetAt: z.iso
    .datetime()
    .nullable()
    .meta({ description: 'When the next period begins; null if none begins before the end of the event' }),
}).meta({ id: 'MyEvent' });

export function myEventsRoutes(deps: {
  events: Pick<EventStore, 'list'>;
  readMyEvents: ReadMyEvents;
}): Endpoint[] {
  const { events, readMyEvents } = deps;
  return [
    defineEndpoint({
      method: 'GET',
      path: '/v1/me/events',
      operationId: 'listMyEvents',
      summary: 'The active events with my progress and claims, newest first',
      description: 'A page may have fewer than `limit` items if an event has just ended.',
      tag: 'progress',
      access: { roles: ['USER'] },
      request: { query: z.object(listQuery) },
      responses: { 200: { description: 'A page of events', body: pageSchema(MyEventResponse) } },
      problems: ['invalid_cursor'],
      handle: async ({ query, identity, request }) => {
        const { items, nextCursor } = await readPage(query, {
          ...byCreation,
          filters: {},
          read: (after, limit) => events.list({ statuses: ['active'], after, limit }),
        });
        const mine = await readMyEvents(items, { accountId: identity.userId, isStaff: isStaff(identity) });
        return pageReply(request.originalUrl, { items: mine.map(toMyEventResponse), nextCursor });
      },
    }),
  ];
}

function toMyEventResponse({
  event,
  progress,
  rewards,
  nextResetAt,
}: MyEvent): z.input<typeof MyEventResponse> {
  return {
    ...toEventResponse(event),
    progress,
    rewards: rewards.map(({ reward, rewardId, claimable, reason, claim }) => ({
      rewardId,
      name: reward.name,
      kind: reward.kind,
      asset: reward.asset,
      quantity: reward.quantity,
      claimable,
      ...(reason !== undefined && { reason }),
      claim: claim && toClaimResponse(claim, claim.accountId),
    })),
    nextResetAt: nextResetAt?.toISOString() ?? null,
  };
}
