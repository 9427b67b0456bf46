import type { Clock } from 'service-kit/service';
import type { RevocationCursor } from './revocation-cursor.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { RevocationRecord } from './revocation.ts';

/**
 * @param cursor of an earlier page; undefined for everything that still matters
 * @returns a page of revocations, and the cursor to ask with next: at once where there is more
 */
export type ReadRevocations = (cursor: RevocationCursor | undefined) => Promise<RevocationsPage>;

export interface RevocationsPage {
  items: RevocationRecord[];
  next: RevocationCursor;
  hasMore: boolean;
}

/** A transaction shows its revocation only when it commits, and the clocks of two instances differ. */
const OVERLAP_MS = 30_000;

/** Reads with an overlap, so that what committed late is not missed; repetitions do no harm. */
export function readRevocations(deps: {
  revocations: Pick<RevocationStore, 'listLive'>;
  pageSize: number;
  clock: Clock;
}): ReadRevocations {
  const { revocations, pageSize, clock } = deps;

  return async (cursor) => {
    const now = clock();
    const began = cursor?.position ? cursor.began : now;
    const from = cursor?.position ? undefined : cursor && new Date(cursor.began.getTime() - OVERLAP_MS);
    const found = await revocations.listLive({ now, from, after: cursor?.position }, pageSize);
    const items = found.map(({ id: _id, ...record }) => record);
    const last = found.length === pageSize ? found.at(-1) : undefined;
    if (!last) return { items, next: { began }, hasMore: false };
    const position = { revokedAt: last.revokedAt, id: last.id };
    return { items, next: { began, position }, hasMore: true };
  };
}
