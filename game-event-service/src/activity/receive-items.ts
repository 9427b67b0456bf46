import { z } from 'zod';
import type { ActivityItem, ActivityItemInMessage } from './activity-item.ts';
import type { Received } from './decide-activity.ts';

/** Reads items one by one, so that a bad one harms only itself. */
export function receiveItems(
  items: readonly unknown[],
  schema: typeof ActivityItem | typeof ActivityItemInMessage,
): Received[] {
  return items.map((json) => {
    const { success, data, error } = schema.safeParse(json);
    return success ? { item: data, json } : { item: undefined, json, problem: z.prettifyError(error) };
  });
}
