import type { ClientSession } from 'mongodb';
import { unique } from 'service-kit/service';
import { countUp, type Counts } from '../database/counts.ts';
import type { ProgressStore } from '../participation/progress/progress-store.ts';
import { progressIdOf } from '../participation/progress/progress.ts';
import {
  readContext,
  type ReadContext,
  type ReadContextDeps,
} from '../participation/progress/read-context.ts';
import { isRefusal, type Refusal } from '../http/refusal.ts';
import type { RewardPayload } from '../catalog/rewards/kinds/reward-kind-spec.ts';
import type { RewardRules } from '../catalog/rewards/reward.ts';
import type { StockStore } from '../catalog/rewards/stock-store.ts';
import type { CapStore } from './cap-store.ts';
import type { ClaimStore } from './claim-store.ts';
import type { ClaimTarget } from './resolve-claim.ts';
import type { ClaimSnapshot } from './decide-claims.ts';

/** Reads what decisions about claims need: for all requests together, one question a collection. */
export interface ClaimSnapshotReader {
  context: ReadContext;
  /**
   * Asks only for what the targets make necessary.
   *
   * @param more ids of progress that is wanted besides
   */
  read(
    targets: readonly (ClaimTarget | Refusal)[],
    session?: ClientSession,
    more?: readonly string[],
  ): Promise<ClaimSnapshot>;
  /** The payloads of the units that the targets may take. */
  payloads(
    targets: readonly (ClaimTarget | Refusal)[],
    stock: ClaimSnapshot['stock'],
    session: ClientSession,
  ): Promise<Map<string, RewardPayload[]>>;
}

export interface ClaimSnapshotReaderDeps extends ReadContextDeps {
  claims: ClaimStore;
  stock: StockStore;
  caps: CapStore;
  progress: ProgressStore;
}

export function createClaimSnapshotReader(deps: ClaimSnapshotReaderDeps): ClaimSnapshotReader {
  const { claims, stock, caps, progress } = deps;

  return {
    context: readContext(deps),
    // One after the other: a session has one operation at a time.
    read: async (resolved, session, more = []) => {
      const targets = resolved.flatMap((target) => (isRefusal(target) ? [] : [target]));
      const claimIds = unique(targets.map(({ claimId }) => claimId));
      const rewards = rewardsOf(targets);
      const capIds = unique(targets.flatMap((target) => target.caps.map(({ id }) => id)));
      const readers = targets.filter(({ condition }) => condition?.readsProgress);
      const progressIds = unique([
        ...more,
        ...readers.map(({ event, request }) => progressIdOf(event.id, request.accountId)),
      ]);
      const none = new Map<string, never>();
      return {
        claims: claimIds.length > 0 ? await claims.findAll(claimIds, session) : none,
        stock: rewards.length > 0 ? await stock.findAll(rewards, session) : none,
        counters: capIds.length > 0 ? await caps.findAll(capIds, session) : none,
        progress: progressIds.length > 0 ? await progress.findAll(progressIds, session) : none,
      };
    },
    payloads: async (resolved, found, session) => {
      const targets = resolved.flatMap((target) => (isRefusal(target) ? [] : [target]));
      const asked: Counts = new Map();
      for (const { reward } of targets) countUp(asked, reward.id);
      return stock.nextPayloads(rewardsOf(targets), asked, found, session);
    },
  };
}

const rewardsOf = (targets: readonly ClaimTarget[]): RewardRules[] => [
  ...new Map(targets.map(({ reward }) => [reward.id, reward])).values(),
];
