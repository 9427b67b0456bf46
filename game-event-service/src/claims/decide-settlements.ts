import { countUp, type Counts } from '../database/counts.ts';
import type { ReleasedPayload } from '../catalog/rewards/stock-store.ts';
import type { Revocation } from './revocation.ts';
import type { Claim, RefusalReason } from './claim.ts';
import type { RewardResult } from './claim-messages.ts';

/** What settling needs of a claim. */
export type Unsettled = Pick<
  Claim,
  'id' | 'eventId' | 'status' | 'grantId' | 'rewardId' | 'reward' | 'payload' | 'caps' | 'revocation'
>;

export type Settlement = { claimId: string; grantId: string } & (
  | { status: 'granted'; ledgerEntryId: string }
  | { status: 'rejected'; reason: RefusalReason }
);

/** A revoke that is decided: the claim is revoked, or granted as before. */
export interface RevokeSettlement {
  claimId: string;
  status: 'revoked' | 'granted';
  revocation: Revocation;
}

/** @returns the claim as it is once it was settled */
export function settledClaim(claim: Claim, settlement: Settlement, completedAt: Date): Claim {
  const { waiting: _, payload, ...rest } = claim;
  const { claimId: __, ...outcome } = settlement;
  const isGiven = payload && settlement.status === 'granted';
  return { ...rest, ...(isGiven && { payload }), ...outcome, completedAt };
}

export interface Settlements {
  settled: Settlement[];
  revokes: RevokeSettlement[];
  /** Units that are granted now, by reward. */
  granted: Counts;
  /** Units that are free again, by reward. */
  released: Counts;
  /** The payloads among them. */
  returned: ReleasedPayload[];
  /** Counts that are taken back, by cap. */
  uncounted: Counts;
  /** Results that no claim waits for: repetitions, for the most part. */
  ignored: RewardResult[];
}

/** Decides what results do: each asks for a claim that waits for it, and settles it once. */
export function decideSettlements(
  results: readonly RewardResult[],
  claims: ReadonlyMap<string, Unsettled>,
): Settlements {
  const outcome: Settlements = {
    settled: [],
    revokes: [],
    granted: new Map(),
    released: new Map(),
    returned: [],
    uncounted: new Map(),
    ignored: [],
  };
  const done = new Set<string>();
  for (const result of results) {
    const { claimId } = result.data;
    const claim = claims.get(claimId);
    if (!claim || done.has(claimId) || !settle(claim, result, outcome)) outcome.ignored.push(result);
    else done.add(claimId);
  }
  return outcome;
}

/** @returns false where the claim does not wait for this result */
function settle(claim: Unsettled, result: RewardResult, outcome: Settlements): boolean {
  if (result.data.grantId !== claim.grantId) return false;
  if (result.type === 'laurel.reward.revoked.v1' || result.type === 'laurel.reward.revoke-refused.v1')
    return claim.status === 'revoking' && settleRevoke(claim, result, outcome);
  return claim.status === 'pending' && settleClaim(claim, result, outcome);
}

type GrantResult = Extract<RewardResult, { type: `laurel.reward.${'granted' | 'refused'}.v1` }>;
type RevokeResult = Exclude<RewardResult, GrantResult>;

function settleClaim(
  { id: claimId, grantId, rewardId, reward, payload, caps }: Unsettled,
  { type, data }: GrantResult,
  outcome: Settlements,
): true {
  if (type === 'laurel.reward.granted.v1') {
    outcome.settled.push({ claimId, grantId, status: 'granted', ledgerEntryId: data.ledgerEntryId });
    countUp(outcome.granted, rewardId);
  } else {
    outcome.settled.push({ claimId, grantId, status: 'rejected', reason: data.code });
    countUp(outcome.released, rewardId);
    if (payload) outcome.returned.push({ rewardId, kind: reward.kind, payload });
    for (const cap of caps) countUp(outcome.uncounted, cap);
  }
  return true;
}

/** A revoked claim still counts as granted, so stock and caps stay as they are. */
function settleRevoke(
  { id: claimId, revocation }: Unsettled,
  { type, data }: RevokeResult,
  { revokes }: Settlements,
): boolean {
  if (!revocation || revocation.id !== data.revokeId) return false;
  if (type === 'laurel.reward.revoked.v1') {
    const { ledgerEntryId } = data;
    revokes.push({ claimId, status: 'revoked', revocation: { ...revocation, ledgerEntryId } });
  } else {
    revokes.push({ claimId, status: 'granted', revocation: { ...revocation, refused: data.code } });
  }
  return true;
}
