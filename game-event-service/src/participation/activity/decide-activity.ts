import { later } from '../../catalog/calendar/time.ts';
import { keyOf, type ActivityItem, type SentItem } from './activity-item.ts';

export const REJECTIONS = ['invalid', 'too_old', 'in_future'] as const;
export type Rejection = (typeof REJECTIONS)[number];

/** How far ahead of ours the clock of a game server may be. */
const AHEAD_MS = 5 * 60 * 1_000;

/** An item as it came in, read or not. */
export type Received =
  | { item: ActivityItem; json: unknown }
  | { item: undefined; json: unknown; problem: string };

/** Items that came in together, in one request or message. */
export interface Batch {
  /** Who sent them. */
  client: string;
  /** When they arrived for the first time. */
  arrivedAt: Date;
  received: readonly Received[];
}

export interface ActivityResult {
  accepted: number;
  /** Items that had been accepted before, or stood in the same batch twice. */
  duplicates: number;
  rejected: { index: number; code: Rejection }[];
}

/** An item that counts, under its {@link keyOf}. */
export interface AcceptedItem extends SentItem {
  key: string;
}

/** An item that does not count, with all that is needed to find out why. */
export interface RejectedItem {
  client: string;
  code: Rejection;
  reason: string;
  json: unknown;
}

export interface Decided {
  /** One a batch, in their order. */
  results: ActivityResult[];
  accepted: AcceptedItem[];
  rejected: RejectedItem[];
}

/**
 * Decides what becomes of the items of batches that came in together, in their order. An item that is known stays
 * known however old it has become, so that repeating it says the same for as long as it is remembered.
 *
 * @param known the {@link keyOf} of those that were accepted before
 */
export function decideActivity(
  batches: readonly Batch[],
  world: { known: ReadonlySet<string>; now: Date; maxAgeMs: number },
): Decided {
  const { known, now, maxAgeMs } = world;
  const seen = new Set(known);
  const accepted: AcceptedItem[] = [];
  const rejected: RejectedItem[] = [];
  const results = batches.map(decideBatch);
  return { results, accepted, rejected };

  function decideBatch({ client, arrivedAt, received }: Batch): ActivityResult {
    const result: ActivityResult = { accepted: 0, duplicates: 0, rejected: [] };
    const oldest = later(arrivedAt, -maxAgeMs);
    const newest = later(now, AHEAD_MS);

    for (const [index, each] of received.entries()) {
      const reject = (code: Rejection, reason: string): void => {
        result.rejected.push({ index, code });
        rejected.push({ client, code, reason, json: each.json });
      };
      if (!each.item) {
        reject('invalid', each.problem);
        continue;
      }
      const key = keyOf({ client, ...each.item });
      if (seen.has(key)) result.duplicates += 1;
      else if (each.item.at < oldest) reject('too_old', `before ${oldest.toISOString()}`);
      else if (each.item.at > newest) reject('in_future', `after ${newest.toISOString()}`);
      else {
        seen.add(key);
        accepted.push({ ...each.item, client, key });
        result.accepted += 1;
      }
    }
    return result;
  }
}
