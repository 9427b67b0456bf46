import type { Filter } from 'mongodb';
import type { CreationPosition } from 'service-kit/http';
import { keysetFilter } from 'service-kit/mongo';

/** A span of time, `from` included, `to` not. */
export interface Span {
  from?: Date | undefined;
  to?: Date | undefined;
}

interface Created {
  _id: string;
  createdAt: Date;
}

/** How the lists of the history are sorted. */
export const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;

/**
 * The filter of a list that has the newest first.
 *
 * @param equal fields with the values that they must have; an undefined value sets no condition
 * @param after where the page before ended
 */
export function historyFilter(
  equal: Readonly<Record<string, string | undefined>>,
  { from, to }: Span,
  after?: CreationPosition,
): Filter<Created> {
  const conditions: Filter<Created>[] = [
    Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
    keysetFilter<Created>(NEWEST_FIRST, after && { createdAt: after.createdAt, _id: after.id }),
  ];
  if (from) conditions.push({ createdAt: { $gte: from } });
  if (to) conditions.push({ createdAt: { $lt: to } });
  return { $and: conditions };
}
