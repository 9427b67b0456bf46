import type { ConsumerTuning } from 'service-kit/messaging';
import { defineConsumer, type Module, type Platform } from 'service-kit/service';
import type { Audit } from '../audit/audit.ts';
import type { Catalog } from '../catalog/module.ts';
import { REWARDS } from '../messaging/exchanges.ts';
import type { Participation } from '../participation/module.ts';
import { createClaimAcceptance, type ClaimAcceptance } from './accept-claims.ts';
import { createClaimSnapshotReader, type ClaimSnapshotReader } from './claim-snapshot-reader.ts';
import { cancelClaimsOf, type CancelClaimsOf } from './cancel-claims.ts';
import { capIndexes, createCapStore } from './cap-store.ts';
import {
  claimAttemptIndexes,
  createClaimAttemptStore,
  type ClaimAttemptStore,
} from './claim-attempt-store.ts';
import { createClaimMetrics, type ClaimMetrics } from './claim-metrics.ts';
import { createClaimNotices } from './claim-notices.ts';
import { claimRoutes } from './claim-routes.ts';
import { claimIndexes, createClaimStore, type ClaimStore } from './claim-store.ts';
import { createClaimWaiter } from './claim-waiter.ts';
import { rewardResults } from './reward-results-consumer.ts';
import { settleClaims, type SettleClaimsDeps } from './settle-claims.ts';
import type { StatsStore } from './stats-store.ts';
import { submitClaim } from './submit-claim.ts';
import { sweepClaims } from './sweep-claims.ts';

export interface ClaimsModule extends Module {
  claims: ClaimStore;
  attempts: ClaimAttemptStore;
  snapshots: ClaimSnapshotReader;
  acceptance: ClaimAcceptance;
  cancelClaimsOf: CancelClaimsOf;
  claimMetrics: ClaimMetrics;
}

export interface ClaimsNeeds {
  audit: Audit;
  catalog: Catalog;
  participation: Participation;
  stats: StatsStore;
  countRevokes: SettleClaimsDeps['countRevokes'];
  settings: {
    /** How long a claim waits for its outcome where the client does not say, in milliseconds. */
    waitMs: number;
    /** How long the ledger may take, in milliseconds. */
    deadlineMs: number;
    /** How long attempts without a claim are kept, in milliseconds. */
    attemptRetentionMs: number;
    tuning: ConsumerTuning;
  };
}

/** Claims: submitted, decided in groups, and settled by the ledger's results. */
export function createClaims(platform: Platform, needs: ClaimsNeeds): ClaimsModule {
  const { db, redis, transact, clock, newId, logger, metrics: registry } = platform;
  const { audit, catalog, participation, stats, countRevokes, settings } = needs;
  const { ruleReader, stock } = catalog;
  const { accounts, progress, progressUpdater } = participation;
  const { waitMs, deadlineMs, attemptRetentionMs, tuning } = settings;
  const claims = createClaimStore(db);
  const caps = createCapStore(db);
  const attempts = createClaimAttemptStore(db);
  const metrics = createClaimMetrics(registry, () => claims.countStuck());

  const snapshots = createClaimSnapshotReader({ ruleReader, accounts, claims, stock, caps, progress });
  const acceptance = createClaimAcceptance({
    snapshots,
    claims,
    stock,
    caps,
    stats,
    progressUpdater,
    attempts,
    newId,
    transact,
    clock,
    deadlineMs,
    attemptRetentionMs,
    registry,
    metrics,
  });
  const waiter = createClaimWaiter({ read: (ids) => claims.findAll(ids), logger });
  const settle = settleClaims({
    claims,
    stock,
    caps,
    stats,
    attempts,
    countRevokes,
    announce: createClaimNotices(redis, waiter, logger).announce,
    clock,
    logger,
    metrics,
  });
  return {
    claims,
    attempts,
    snapshots,
    acceptance,
    cancelClaimsOf: cancelClaimsOf({ claims, metrics }),
    claimMetrics: metrics,
    endpoints: claimRoutes({ submitClaim: submitClaim({ acceptance, waiter }), claims, audit, waitMs }),
    exchanges: [REWARDS],
    consumers: [defineConsumer(rewardResults(settle), { variables: 'REWARD_RESULTS', tuning })],
    jobs: [
      {
        name: 'claim sweeper',
        everyMs: 1_000,
        run: sweepClaims({ claims, transact, clock, deadlineMs, logger, metrics }),
      },
    ],
    components: [acceptance],
    waiters: [waiter],
    indexes: [...claimIndexes, ...capIndexes, ...claimAttemptIndexes],
  };
}
