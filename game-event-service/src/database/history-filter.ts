import type { Filter } from 'mongodb';
import type { Position } from './position.ts';

/** A stretch of time, `from` included, `to` not. */
export interface Span {
  from?: Date | undefined;
  to?: Date | undefined;
}

/**
 * The filter of a list that has the newest first.
 *
 * @param equal fields with the values that they must have; those that are undefined are not asked about
 * @param after where the page before ended
 */
export function historyFilter(
  equal: Readonly<Record<string, string | undefined>>,
  { from, to }: Span,
  after?: Position,
): Filter<{ _id: string; createdAt: Date }> {
  const conditions: Filter<{ _id: string; createdAt: Date }>[] = [
    Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
  ];
  if (from) conditions.push({ createdAt: { $gte: from } });
  if (to) conditions.push({ createdAt: { $lt: to } });
  if (after) {
    const { createdAt, id } = after;
    conditions.push({ createdAt: { $lte: createdAt } });
    conditions.push({ $or: [{ createdAt: { $lt: createdAt } }, { _id: { $lt: id } }] });
  }
  return { $and: conditions };
}
