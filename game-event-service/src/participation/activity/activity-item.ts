import { createHash } from 'node:crypto';
import { Time } from 'service-kit/http';
import { z } from 'zod';
import { Attributes } from '../../http/attributes.ts';
import { MetricName } from '../../catalog/conditions/leaf.ts';
import { CHECK_IN_METRIC } from '../../catalog/conditions/counter.ts';

/** Most items in one request or message, and in one transaction. */
export const MOST_ITEMS = 1_000;

/** Sums of a million such values are exact to six decimals. */
const LARGEST_VALUE = 1e9;

const fields = {
  source: z.string().min(1).max(128),
  id: z.string().min(1).max(256),
  accountId: z.string().min(1).max(128),
  // Check-ins are counted here, once a day: conditions stand on that, and on sums that only grow.
  metric: MetricName.refine((metric) => metric !== CHECK_IN_METRIC, 'is counted by the service itself'),
  value: z.number().min(0).max(LARGEST_VALUE).default(1),
  at: Time,
  attributes: Attributes.optional(),
};

/** Something that an account did, as it comes over HTTP. */
export const ActivityItem = z.strictObject(fields);
export type ActivityItem = z.output<typeof ActivityItem>;

/** The same item in a message. A message may have fields that this version does not know. */
export const ActivityItemInMessage = z.object(fields);

/** An item with the client that sent it; the three names together are what it is counted once by. */
export interface SentItem extends ActivityItem {
  client: string;
}

const KEY_BYTES = 16;

/**
 * Names an item in 128 bits, so that an index of very many of them stays small. By chance two of a trillion items
 * would share a key once in 10^14 such trillions.
 */
export function keyOf({ client, source, id }: Pick<SentItem, 'client' | 'source' | 'id'>): string {
  const digest = createHash('sha256')
    .update(JSON.stringify([client, source, id]))
    .digest();
  return digest.subarray(0, KEY_BYTES).toString('base64url');
}
