import { countUp, type Counts } from '../counting.ts';
import type { Claim, RefusalReason } from './claim.ts';
import type { RewardResult } from './claim-messages.ts';

/** What settling needs of a claim. */
export type Unsettled = Pick<Claim, 'id' | 'status' | 'grantId' | 'rewardId' | 'code' | 'caps'>;

export type Settlement = { claimId: string; grantId: string } & (
  | { status: 'granted'; ledgerEntryId: string }
  | { status: 'rejected'; reason: RefusalReason }
);

/** @returns the claim as it is once it was settled */
export function settledClaim(claim: Claim, settlement: Settlement, completedAt: Date): Claim {
  const { waiting: _, code, ...rest } = claim;
  const { claimId: __, ...outcome } = settlement;
  const isGiven = code !== undefined && settlement.status === 'granted';
  return { ...rest, ...(isGiven && { code }), ...outcome, completedAt };
}

export interface Settlements {
  settled: Settlement[];
  /** Units that are granted now, by reward. */
  granted: Counts;
  /** Units that are free again, by reward. */
  released: Counts;
  /** The codes of coupons among them. */
  returned: { rewardId: string; code: string }[];
  /** Counts that are taken back, by cap. */
  uncounted: Counts;
  /** Results for which no pending claim with their grant id was found: repetitions, for the most part. */
  ignored: RewardResult[];
}

/** Decides what results do: each asks for a claim that is pending with the same grant id, and settles it once. */
export function decideSettlements(
  results: readonly RewardResult[],
  claims: ReadonlyMap<string, Unsettled>,
): Settlements {
  const outcome: Settlements = {
    settled: [],
    granted: new Map(),
    released: new Map(),
    returned: [],
    uncounted: new Map(),
    ignored: [],
  };
  const done = new Set<string>();
  for (const result of results) {
    const { claimId, grantId } = result.data;
    const claim = claims.get(claimId);
    if (claim?.status !== 'pending' || claim.grantId !== grantId || done.has(claimId)) {
      outcome.ignored.push(result);
      continue;
    }
    done.add(claimId);
    if (result.type === 'laurel.reward.granted.v1') {
      outcome.settled.push({ claimId, grantId, status: 'granted', ledgerEntryId: result.data.ledgerEntryId });
      countUp(outcome.granted, claim.rewardId);
    } else {
      outcome.settled.push({ claimId, grantId, status: 'rejected', reason: result.data.code });
      countUp(outcome.released, claim.rewardId);
      if (claim.code !== undefined) outcome.returned.push({ rewardId: claim.rewardId, code: claim.code });
      for (const cap of claim.caps) countUp(outcome.uncounted, cap);
    }
  }
  return outcome;
}
