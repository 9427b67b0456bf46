import type { RevokeSettlement } from '../decide-settlements.ts';
import type { Claim } from '../claim.ts';
import type { CreationPosition } from 'service-kit/http';

/** Which granted claims are meant; all that it names has to fit. */
export interface RevokeFilter {
  eventId?: string | undefined;
  rewardId?: string | undefined;
  accountId?: string | undefined;
  /** Of when the claim was first made, `from` included, `to` not. */
  from?: Date | undefined;
  to?: Date | undefined;
}

/** Takes back what the claims were granted that fitted its filter when it began, batch by batch. */
export interface RevokeJob {
  id: string;
  filter: RevokeFilter;
  reason: string;
  /** The account of the operator. */
  by: string;
  createdAt: Date;
  /** Claims that fitted when it began. */
  matched: number;
  /** Claims for which the job has requested a revoke. It is less than matched if others revoked some meanwhile. */
  requested: number;
  /** Batches so far. */
  steps: number;
  /** Of the last claim that it has looked at. */
  position?: CreationPosition | undefined;
  /** When its next batch is due; gone once it has looked at all. */
  nextAt?: Date | undefined;
}

/** The ledger's decisions about the claims of a job. */
export interface RevokeResults {
  revoked: number;
  refused: number;
}

export const REVOKE_JOB_STATES = ['running', 'done'] as const;
export type RevokeJobState = (typeof REVOKE_JOB_STATES)[number];

/** A job is done when it has requested every revoke and the ledger has decided each. */
export function stateOf(
  { nextAt, requested }: RevokeJob,
  { revoked, refused }: RevokeResults,
): RevokeJobState {
  return nextAt === undefined && revoked + refused >= requested ? 'done' : 'running';
}

/**
 * Whether a claim that was granted before the job began is still granted, and no revoke was requested since. A claim
 * that the ledger refused to revoke for another request is left alone.
 */
export function isRevocableSince({ status, revocation }: Claim, began: Date): boolean {
  const askedBackAt = revocation?.completedAt;
  return status === 'granted' && (askedBackAt === undefined || askedBackAt < began);
}

export function resultsByJob(settlements: readonly RevokeSettlement[]): Map<string, RevokeResults> {
  const byJob = new Map<string, RevokeResults>();
  for (const { status, revocation } of settlements) {
    if (revocation.jobId === undefined) continue;
    const results = byJob.get(revocation.jobId) ?? { revoked: 0, refused: 0 };
    results[status === 'revoked' ? 'revoked' : 'refused'] += 1;
    byJob.set(revocation.jobId, results);
  }
  return byJob;
}
