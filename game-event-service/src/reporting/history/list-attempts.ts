import { claimStatusesOf, firstAttemptOf, type ClaimAttempt } from '../../claims/claim-attempt.ts';
import type { AttemptQuery, ClaimAttemptStore } from '../../claims/claim-attempt-store.ts';
import { claimIdOfFirst } from '../../claims/claim.ts';
import type { ClaimStore } from '../../claims/claim-store.ts';

/** @returns the newest first, `limit` of them at most */
export type ListAttempts = (query: AttemptQuery) => Promise<ClaimAttempt[]>;

/** Attempts that claims show, and stored ones, as one list. */
export function listAttempts(deps: {
  claims: Pick<ClaimStore, 'firstAttempts'>;
  attempts: Pick<ClaimAttemptStore, 'list'>;
}): ListAttempts {
  const { claims, attempts } = deps;
  return async (query) => {
    const { status, after, ...rest } = query;
    const [told, kept] = await Promise.all([
      claims.firstAttempts({
        ...rest,
        statuses: status && claimStatusesOf(status),
        // Claims have ids of one length, so that they are in the order of those of their first attempts.
        after: after && { ...after, id: claimIdOfFirst(after.id) ?? after.id },
      }),
      attempts.list(query),
    ]);
    return [...told.map(firstAttemptOf), ...kept].toSorted(newestFirst).slice(0, query.limit);
  };
}

function newestFirst(one: ClaimAttempt, other: ClaimAttempt): number {
  const byTime = other.createdAt.getTime() - one.createdAt.getTime();
  if (byTime !== 0) return byTime;
  return one.id < other.id ? 1 : -1;
}
