import { z } from 'zod';
import { MOST_ITEMS } from './activity-item.ts';

/** The parts of a message with activity that this service needs. Its items are parsed one by one. */
export const ActivityRecorded = z.object({
  type: z.literal('laurel.activity.recorded.v1'),
  source: z.string().min(1).max(256),
  data: z.object({ items: z.array(z.unknown()).min(1).max(MOST_ITEMS) }),
});
export type ActivityRecorded = z.output<typeof ActivityRecorded>;
