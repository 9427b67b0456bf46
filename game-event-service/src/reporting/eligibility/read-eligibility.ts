import { DomainError } from 'service-kit/http';
import type { Clock } from 'service-kit/service';
import type { Explanation } from '../../catalog/conditions/compiled-condition.ts';
import { takesClaimsAt, type EventRules } from '../../catalog/events/event.ts';
import { progressIdOf } from '../../participation/progress/progress.ts';
import type { ClaimSnapshotReader } from '../../claims/claim-snapshot-reader.ts';
import { factsOf } from '../../catalog/rules/decision-context.ts';
import { judgeAccount, claimTarget, type ClaimTarget } from '../../claims/resolve-claim.ts';
import { judgeClaim, type ClaimSnapshot } from '../../claims/decide-claims.ts';

export interface RewardEligibility {
  rewardId: string;
  claimable: boolean;
  /** Why it is not claimable: a code of the refusals of claims, `already_claimed` or `claim_pending`. */
  reason?: string;
}

export interface Eligibility {
  /** Whether the account may claim from this event now, as far as that is not up to one reward. */
  eligible: boolean;
  period: string;
  rewards: RewardEligibility[];
  /** The event's condition; null where it has none. */
  conditions: Explanation | null;
}

export interface EligibilityRequest {
  eventId: string;
  accountId: string;
  isStaff: boolean;
  /** Whether the caller may know of this event. */
  isVisible: (event: EventRules) => boolean;
}

export type ReadEligibility = (request: EligibilityRequest) => Promise<Eligibility>;

/** Says what a claim would meet now, by the same decisions, and stores nothing. */
export function readEligibility(deps: { snapshots: ClaimSnapshotReader; clock: Clock }): ReadEligibility {
  const { snapshots, clock } = deps;
  return async ({ isVisible, ...request }) => {
    const context = await snapshots.context([request], clock());
    const rules = context.rules.get(request.eventId);
    if (!rules || !isVisible(rules.event)) throw new DomainError('not_found', 'There is no such event');

    const { event, condition } = rules;
    const targets = rules.rewards.map((rule) => claimTarget(request, event, rule, context));
    const progressId = progressIdOf(event.id, request.accountId);
    const snapshot = await snapshots.read(targets, undefined, condition?.readsProgress ? [progressId] : []);
    const refusal = judgeAccount(request, context);
    const facts = factsOf(event, request.accountId, context);
    const progress = snapshot.progress.get(progressId);
    const conditions = condition?.explain({ ...facts, progress }) ?? null;
    return {
      eligible: !refusal && takesClaimsAt(event, context.now) && (conditions?.met ?? true),
      period: facts.period.key,
      rewards: targets.map((target) => rewardEligibility(target, refusal?.code, snapshot)),
      conditions,
    };
  };
}

/** Whether the claim that is resolved at would be accepted. */
export function rewardEligibility(
  target: ClaimTarget,
  refused: string | undefined,
  snapshot: ClaimSnapshot,
): RewardEligibility {
  const rewardId = target.reward.id;
  const reason = refused ?? reasonOf(target, snapshot);
  return reason === undefined ? { rewardId, claimable: true } : { rewardId, claimable: false, reason };
}

function reasonOf(target: ClaimTarget, snapshot: ClaimSnapshot): string | undefined {
  const status = snapshot.claims.get(target.claimId)?.status;
  if (status === 'pending') return 'claim_pending';
  // A revoked claim was claimed all the same.
  const isOver = status !== undefined && status !== 'rejected';
  return isOver ? 'already_claimed' : judgeClaim(target, snapshot)?.code;
}
