import type { Document } from 'mongodb';

/** The fields of a document in which a lease is stored. */
export interface LeaseFields {
  /** Who holds the lease. */
  holder: string;
  /** Until when, as a date. */
  until: string;
}

export const LEASE_FIELDS: LeaseFields = { holder: 'holder', until: 'until' };

/** The aggregation expressions of a lease that is stored in a document. All use the clock of the database. */
export interface DocumentLease {
  /** True when nobody holds the lease: it has ended, or nobody ever took it. For `$expr` or `$cond`. */
  isFree: Document;
  /** The fields of a lease that `holder` holds for `ms` milliseconds from now. For `$set`, in an update pipeline. */
  held: (holder: string, ms: number) => Document;
  /** The fields of a lease that nobody holds. For `$set`, in an update pipeline or an ordinary update. */
  free: Document;
}

/**
 * Builds filters and updates for documents that are leased one by one: claimed work, keys in use, locks.
 *
 * @param fields where the documents store the lease. Default `holder` and `until`.
 * @param now an expression or a date; default the clock of the database, which all instances share
 */
export function documentLease(
  { holder: holderField, until: untilField } = LEASE_FIELDS,
  now: string | Date = '$$NOW',
): DocumentLease {
  return {
    isFree: { $lte: [`$${untilField}`, now] },
    held: (holder, ms) => ({
      // An update pipeline would read a holder that begins with a dollar as a field.
      [holderField]: { $literal: holder },
      [untilField]: { $add: [now, ms] },
    }),
    free: { [holderField]: null, [untilField]: new Date(0) },
  };
}
