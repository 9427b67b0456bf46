import type { Filter } from 'mongodb';
import type { CreationPosition } from 'service-kit/http';
import { keysetFilter } from 'service-kit/mongo';

/** How a list is sorted that shows the newest first. */
export const NEWEST_FIRST = { createdAt: -1, _id: -1 } as const;

/** @returns the filter for what comes after a position in such a list; for everything without one */
export const olderThan = <Document>(after: CreationPosition | undefined): Filter<Document> =>
  keysetFilter<Document>(NEWEST_FIRST, after && { createdAt: after.createdAt, _id: after.id });
