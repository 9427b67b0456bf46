import { z } from 'zod';
import type { ActivityItem, ActivityItemInMessage } from './activity-item.ts';
import type { Received } from './decide-activity.ts';

const LONGEST_PROBLEM = 1_000;

/** Reads items one by one, so that a bad one harms only itself. */
export function receiveItems(
  items: readonly unknown[],
  schema: typeof ActivityItem | typeof ActivityItemInMessage,
): Received[] {
  return items.map((json) => {
    const { success, data, error } = schema.safeParse(json);
    if (success) return { item: data, json };
    return { item: undefined, json, problem: z.prettifyError(error).slice(0, LONGEST_PROBLEM) };
  });
}
