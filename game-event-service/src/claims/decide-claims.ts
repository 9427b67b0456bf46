import { later } from '../catalog/calendar/time.ts';
import { progressIdOf, type Progress } from '../participation/progress/progress.ts';
import { isRefusal, refuse, type Refusal } from '../http/refusal.ts';
import type { RewardPayload } from '../catalog/rewards/kinds/reward-kind-spec.ts';
import { hasUnit, type Stock } from '../catalog/rewards/stock.ts';
import type { ClaimTarget } from './resolve-claim.ts';
import { grantIdOf, waitingUntil, type Claim } from './claim.ts';

/** What decisions depend on and change. */
export interface ClaimSnapshot {
  claims: ReadonlyMap<string, Claim>;
  stock: ReadonlyMap<string, Stock>;
  /** Counts by the id of their cap. */
  counters: ReadonlyMap<string, number>;
  /** By `progressIdOf`. */
  progress: ReadonlyMap<string, Progress>;
  /** Payloads of the units that are taken next, by reward; only where claims are accepted. */
  payloads?: ReadonlyMap<string, readonly RewardPayload[]>;
}

/** A claim that is new, or tried again: it is to be stored, its message sent, and its outcome waited for. */
export interface Accepted {
  accepted: Claim;
  isNew: boolean;
  traceparent?: string | undefined;
}

/** A claim that was there before. */
export interface Known {
  known: Claim;
}

export type Decision = Accepted | Known | Refusal;

/** The checks that come after that for an existing claim. */
export function judgeClaim(
  { event, reward, request, isOpen, caps, condition, facts }: ClaimTarget,
  snapshot: ClaimSnapshot,
): Refusal | undefined {
  if (!isOpen)
    return refuse(
      'event_not_active',
      reward.active ? 'The event takes no claims now' : 'The reward is not given now',
    );
  const progress = snapshot.progress.get(progressIdOf(event.id, request.accountId));
  if (condition && !condition.isMet({ ...facts, progress })) {
    const conditions = condition.explain({ ...facts, progress });
    return refuse('conditions_not_met', 'See conditions for what is missing', { conditions });
  }
  if (caps.some(({ id, most }) => (snapshot.counters.get(id) ?? 0) >= most)) {
    return refuse('cap_reached', 'No more of this reward is given in this period or to this account');
  }
  const stock = snapshot.stock.get(reward.id);
  if (!stock || !hasUnit(stock)) return refuse('out_of_stock', 'Nothing is left of this reward');
  return undefined;
}

/** Whether the claim is there to be made: not there yet, open, and its condition met. Stock and caps are not asked for. */
export function isToBeClaimed(
  { event, request, claimId, isOpen, condition, facts }: ClaimTarget,
  snapshot: ClaimSnapshot,
): boolean {
  const existing = snapshot.claims.get(claimId);
  if (!isOpen || (existing && existing.status !== 'rejected')) return false;
  const progress = snapshot.progress.get(progressIdOf(event.id, request.accountId));
  return condition?.isMet({ ...facts, progress }) ?? true;
}

/**
 * Decides requests that arrived together, each in turn on what those before it have left: two for the same claim,
 * for the last unit, or for the last of a cap find each other here.
 *
 * @param deadlineMs how long a claim may be pending before its cancellation is asked for
 */
export function decideClaims(
  targets: readonly (ClaimTarget | Refusal)[],
  snapshot: ClaimSnapshot,
  { now, deadlineMs }: { now: Date; deadlineMs: number },
): Decision[] {
  const claims = new Map(snapshot.claims);
  const stock = new Map(snapshot.stock);
  const counters = new Map(snapshot.counters);
  const left: ClaimSnapshot = { claims, stock, counters, progress: snapshot.progress };

  return targets.map((target): Decision => {
    if (isRefusal(target)) return target;
    const existing = claims.get(target.claimId);
    if (existing && existing.status !== 'rejected') return { known: existing };
    const refusal = judgeClaim(target, left);
    if (refusal) return refusal;

    const units = stock.get(target.reward.id);
    const payload = units?.supply && payloadOf(target.reward.id, units, snapshot);
    const claim = claimFor(target, existing, { now, deadline: later(now, deadlineMs), payload });
    claims.set(claim.id, claim);
    if (units) stock.set(claim.rewardId, { ...units, taken: units.taken + 1 });
    for (const cap of claim.caps) counters.set(cap, (counters.get(cap) ?? 0) + 1);
    return { accepted: claim, isNew: !existing, traceparent: target.request.traceparent };
  });
}

/** Each unit that is taken is the next one of its supply. */
function payloadOf(rewardId: string, { taken }: Stock, before: ClaimSnapshot): RewardPayload {
  const takenHere = taken - (before.stock.get(rewardId)?.taken ?? 0);
  const payload = before.payloads?.get(rewardId)?.[takenHere];
  if (!payload) throw new Error(`the pool of ${rewardId} counts codes that it does not hold`);
  return payload;
}

function claimFor(
  target: ClaimTarget,
  rejected: Claim | undefined,
  { now, deadline, payload }: { now: Date; deadline: Date; payload: RewardPayload | undefined },
): Claim {
  const { claimId, event, reward, request, facts, caps } = target;
  const attempt = (rejected?.attempt ?? 0) + 1;
  return {
    id: claimId,
    eventId: event.id,
    eventVersion: event.version,
    rewardId: reward.id,
    accountId: request.accountId,
    period: facts.period.key,
    status: 'pending',
    attempt,
    grantId: grantIdOf(claimId, attempt),
    reward: { kind: reward.kind, asset: reward.asset, quantity: reward.quantity },
    ...(payload && { payload }),
    caps: caps.map(({ id }) => id),
    waiting: waitingUntil(deadline),
    createdAt: rejected?.createdAt ?? now,
  };
}
