import type { Module, Platform } from 'service-kit/service';
import type { Audit } from '../../audit/audit.ts';
import type { ClaimMetrics } from '../claim-metrics.ts';
import type { ClaimStore } from '../claim-store.ts';
import type { StatsStore } from '../stats-store.ts';
import { createBulkRevokes } from './bulk-revokes.ts';
import { createRevocableClaims } from './revocable-claims.ts';
import { revokeClaim } from './revoke-claim.ts';
import { revokeJobRoutes } from './revoke-job-routes.ts';
import { revokeJobIndexes, type RevokeJobStore } from './revoke-job-store.ts';
import { revokeRoutes } from './revoke-routes.ts';
import { runRevokeJobs } from './run-revoke-jobs.ts';

export interface RevokesNeeds {
  audit: Audit;
  claims: ClaimStore;
  stats: StatsStore;
  revokeJobs: RevokeJobStore;
  metrics: ClaimMetrics;
  /** How long the ledger may take, in milliseconds. */
  deadlineMs: number;
  /** Claims that the jobs of an instance revoke in a second. */
  rate: number;
}

/** Granted claims that are taken back, one by one and by jobs. */
export function createRevokes(platform: Platform, needs: RevokesNeeds): Module {
  const { db, transact, clock } = platform;
  const { audit, claims, stats, revokeJobs, metrics, deadlineMs, rate } = needs;
  const { audited } = audit;
  const revocable = createRevocableClaims(db);
  return {
    endpoints: [
      ...revokeRoutes({
        revokeClaim: revokeClaim({ claims, stats, metrics, transact, audited, clock, deadlineMs }),
      }),
      ...revokeJobRoutes({
        bulkRevokes: createBulkRevokes({ claims, revocable, revokeJobs, transact, audited, clock }),
        revokeJobs,
        revokeRate: rate,
      }),
    ],
    jobs: [
      {
        name: 'revoke jobs',
        everyMs: 250,
        run: runRevokeJobs({
          claims,
          stats,
          metrics,
          revocable,
          revokeJobs,
          transact,
          clock,
          rate,
          deadlineMs,
        }),
      },
    ],
    indexes: revokeJobIndexes,
  };
}
