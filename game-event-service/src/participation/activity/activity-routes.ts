import { defineEndpoint, reply, type Endpoint } from 'service-kit/http';
import type { GroupCommit } from 'service-kit/mongo';
import { z } from 'zod';
import type { Clock } from 'service-kit/service';
import { ActivityItem, MOST_ITEMS } from './activity-item.ts';
import { REJECTIONS, type ActivityResult, type Batch } from './decide-activity.ts';
import { receiveItems } from './receive-items.ts';

const MOST_BYTES = 4 * 1_048_576;
/** As many as `MOST_ITEMS` have with generous attributes. */
const MOST_VALUES = 200_000;

const ActivityInput = z.strictObject({
  items: z
    .array(
      // Read one by one: what is wrong with an item is said in the answer, beside what became of the others.
      z.unknown().meta({
        id: 'ActivityItem',
        description:
          '`{ source, id, accountId, metric, value?, at, attributes? }`: the action of the account (`metric`), its amount (`value`, 1 by default), its time (`at`), and details for conditions (`attributes`, at most 8 KiB). An item is counted once by the client with `source` and `id`.',
        example: {
          source: 'eu-1',
          id: '01JDQ2W4',
          accountId: 'acc_Qm3v0d8YhT5sLx2RkN7wUg',
          metric: 'quest.completed',
          at: '2026-12-01T00:00:00Z',
          attributes: { difficulty: 'hard' },
        },
      }),
    )
    .min(1)
    .max(MOST_ITEMS),
});

const ActivityResponse = z
  .object({
    accepted: z.int().min(0),
    duplicates: z.int().min(0).meta({ description: 'Items that were already accepted earlier' }),
    rejected: z.array(
      z.object({
        index: z.int().min(0).meta({ description: 'Position of the item, from 0' }),
        code: z.enum(REJECTIONS),
      }),
    ),
  })
  .meta({ id: 'ActivityResult' });

export function activityRoutes(deps: {
  activityIntake: Pick<GroupCommit<Batch, ActivityResult>, 'submit'>;
  clock: Clock;
}): Endpoint[] {
  const { activityIntake, clock } = deps;
  return [
    defineEndpoint({
      method: 'POST',
      path: '/v1/activity',
      operationId: 'recordActivity',
      summary: 'Report activity of accounts',
      description: 'Each item is checked separately, and counted once even if it is sent again.',
      tag: 'activity',
      access: { scopes: ['activity:write'] },
      maxBodyBytes: MOST_BYTES,
      maxBodyValues: MOST_VALUES,
      request: { body: ActivityInput },
      responses: { 200: { description: 'The result for the items', body: ActivityResponse } },
      problems: ['service_unavailable'],
      handle: async ({ body: { items }, identity, context }) => {
        const received = receiveItems(items, ActivityItem);
        const batch = { client: identity.userId, arrivedAt: clock(), received };
        return reply(200, await activityIntake.submit(batch, context.signal));
      },
    }),
  ];
}
