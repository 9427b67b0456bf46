import type { ClaimRecord } from '../load/journal.ts';
import type { StagedReward } from '../stage/event-stage.ts';
import type { SystemState } from './system-state.ts';
import { type Breach, type Verdict, verdict } from './verdict.ts';
import { wrongWithCodes } from './wrong-with-codes.ts';

/** What the API says of a reward's stock. */
export interface StockFigures {
  rewardId: string;
  stock: number | null;
  available: number | null;
  reserved: number;
  granted: number;
}

const HELD = new Set(['granted', 'revoking', 'revoked']);

/**
 * I3: stock given = available + reserved + granted, none negative, nothing reserved when quiet; caps likewise.
 *
 * @param figures what the API says, of every reward; undefined where nobody asked it
 */
export function stockAddsUp(
  rewards: readonly StagedReward[],
  figures: readonly StockFigures[] | undefined,
  records: Iterable<ClaimRecord>,
  state: SystemState,
): Verdict {
  const refused = new Set(
    [...records].flatMap(({ rewardId, refusals }) => (refusals.has('out_of_stock') ? [rewardId] : [])),
  );
  const claimsOf = Map.groupBy(state.claims, ({ rewardId }) => rewardId);
  const breaches = rewards.flatMap(({ rewardId, stock, isCoupon }): Breach[] => {
    const claims = claimsOf.get(rewardId) ?? [];
    const holding = claims.filter(({ status }) => HELD.has(status));
    const granted = holding.length;
    const taken = state.stock.find(({ _id }) => _id === rewardId)?.taken ?? 0;
    const counted = grantsCounted(rewardId, state);
    const told = figures?.find((each) => each.rewardId === rewardId);
    const attempts = claims.reduce((sum, { attempt }) => sum + attempt, 0);
    const evidence = { rewardId, stock, taken, counted, granted, attempts, told };
    const wrong: string[] = [];
    if (stock !== null && granted > stock) wrong.push(`${granted - stock} more were granted than there were`);
    if (taken !== granted || counted !== granted) wrong.push('stock, counter and claims do not agree');
    if (isCoupon && stock !== null) {
      const pool = state.pools.find(({ _id }) => _id === rewardId);
      const codes = state.codes.filter((each) => each.rewardId === rewardId);
      wrong.push(...wrongWithCodes({ given: stock, pool, codes, taken, granted: holding }));
    }
    // The stock of a coupon is its number of codes.
    const asked = told && { ...told, stock: isCoupon ? stock : told.stock };
    if (figures && (!asked || !isSum(asked, granted)))
      wrong.push('the API tells a stock that does not add up');
    if (refused.has(rewardId) && stock !== null && attempts < stock)
      wrong.push('claims were refused while there was stock left');
    return wrong.map((what) => ({ what: `reward ${rewardId}: ${what}`, evidence }));
  });
  breaches.push(...capsThatDoNotAddUp(rewards, state));
  const rule = 'stock given = available + reserved + granted, none negative, nothing reserved when quiet';
  return verdict('I3', rule, rewards.length + state.caps.length, breaches);
}

/** The grants of a reward are counted in several documents, `REWARD` or `REWARD:SHARD`. */
function grantsCounted(rewardId: string, { grants }: SystemState): number {
  const shards = grants.filter(({ _id }) => _id.split(':')[0] === rewardId);
  return shards.reduce((sum, { granted }) => sum + granted, 0);
}

function isSum({ stock, available, reserved, granted }: StockFigures, expected: number): boolean {
  const whole = stock === null ? available === null : (available ?? -1) >= 0 && available === stock - granted;
  return whole && reserved === 0 && granted === expected;
}

function capsThatDoNotAddUp(rewards: readonly StagedReward[], { caps, claims }: SystemState): Breach[] {
  const used = new Map<string, number>();
  for (const claim of claims) {
    if (claim.status === 'rejected') continue;
    for (const cap of claim.caps) used.set(cap, (used.get(cap) ?? 0) + 1);
  }
  const names = new Set([...used.keys(), ...caps.map(({ _id }) => _id)]);
  return [...names].flatMap((name) => {
    const count = caps.find(({ _id }) => _id === name)?.count ?? 0;
    const claimed = used.get(name) ?? 0;
    const most = mostOf(name, rewards);
    return count === claimed && claimed <= most
      ? []
      : [{ what: `cap ${name} does not add up`, evidence: { name, count, claimed, most } }];
  });
}

/** A cap's name is `REWARD:account:ACCOUNT` or `REWARD:day:DAY`. */
function mostOf(cap: string, rewards: readonly StagedReward[]): number {
  const [rewardId, over] = cap.split(':');
  if (over === 'account') return 1;
  return rewards.find((reward) => reward.rewardId === rewardId)?.dailyCap ?? Infinity;
}
