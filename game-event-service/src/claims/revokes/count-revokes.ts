import type { ClientSession } from 'mongodb';
import type { RevokeSettlement } from '../decide-settlements.ts';
import { resultsByJob } from './revoke-job.ts';
import type { RevokeJobStore } from './revoke-job-store.ts';

export type CountRevokes = (revokes: readonly RevokeSettlement[], session: ClientSession) => Promise<void>;

/** Adds what the ledger decided to the results of the jobs that asked for it. */
export function countRevokes(deps: { revokeJobs: Pick<RevokeJobStore, 'countResults'> }): CountRevokes {
  const { revokeJobs } = deps;
  return async (revokes, session) => {
    const byJob = resultsByJob(revokes);
    if (byJob.size > 0) await revokeJobs.countResults(byJob, session);
  };
}
