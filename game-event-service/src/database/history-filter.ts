import type { Filter } from 'mongodb';
import type { CreationPosition } from 'service-kit/http';
import { olderThan } from './newest-first.ts';

/** A span of time, `from` included, `to` not. */
export interface Span {
  from?: Date | undefined;
  to?: Date | undefined;
}

interface Created {
  _id: string;
  createdAt: Date;
}

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
    olderThan<Created>(after),
  ];
  if (from) conditions.push({ createdAt: { $gte: from } });
  if (to) conditions.push({ createdAt: { $lt: to } });
  return { $and: conditions };
}
