import type { Clock } from '../clock.ts';
import type { RevocationStore } from './revocation-store.ts';
import type { RevocationRecord } from './revocation.ts';

/**
 * @param since time of an earlier reading; undefined for everything that still matters
 * @returns the revocations, and the time to ask from next
 */
export type ReadRevocations = (since: Date | undefined) => Promise<{ items: RevocationRecord[]; next: Date }>;

/** A transaction shows its revocation only when it commits, and the clocks of two instances differ. */
const OVERLAP_MS = 30_000;

/** Reads with an overlap, so that what committed late is not missed; repetitions do no harm. */
export function readRevocations(dependencies: {
  revocations: Pick<RevocationStore, 'listLive'>;
  clock: Clock;
}): ReadRevocations {
  const { revocations, clock } = dependencies;

  return async (since) => {
    const now = clock();
    const from = since && new Date(since.getTime() - OVERLAP_MS);
    return { items: await revocations.listLive(now, from), next: now };
  };
}
